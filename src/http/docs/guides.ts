import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { ROOT } from '../../package/root.ts'
import { REFUSALS } from '../../refusals/index.ts'

/**
 * The guides in reading order. Each is a file `guides/<name>.md`, except `errors`, which is made from
 * the refusals.
 */
export const GUIDES = [
  'concepts',
  'start',
  'money',
  'credits',
  'budgets',
  'auto-top-up',
  'bulk',
  'idempotency',
  'usage',
  'licences',
  'verifiers',
  'webhooks',
  'events',
  'audit',
  'witnesses',
  'questions',
  'access',
  'console',
  'rotation',
  'clients',
  'errors',
] as const

export type GuideName = (typeof GUIDES)[number]

const FOLDER = new URL('src/docs/guides/', ROOT)

export function readGuide(name: GuideName): string {
  return name === 'errors' ? errorsGuide() : readFileSync(new URL(`${name}.md`, FOLDER), 'utf8')
}

export function titleOf(markdown: string): string {
  return /^# (.*)$/m.exec(markdown)?.[1] ?? ''
}

function errorsGuide(): string {
  const rows = Object.entries(REFUSALS).map(([code, [status, message]]) => {
    return `| \`${code}\`<br>${status} ${STATUS_CODES[status]} | ${message} |`
  })
  return `# Errors by code

Every refusal has this shape, whatever the route, 404 and 500 included. Decide by \`code\`, which is stable:

\`\`\`text
{ "statusCode": 402, "error": "Payment Required", "code": "INSUFFICIENT_FUNDS", "message": "…", "request_id": "…" }
\`\`\`

A 400 of validation also says where: \`"details": [{ "path": "/amount", "message": "…" }]\`. Every answer has the
header \`x-request-id\`, and the log has the same id. A 429 and a 503 say in \`Retry-After\` when to come again.

| Code and status | Meaning |
| --------------- | ------- |
${rows.join('\n')}
`
}
