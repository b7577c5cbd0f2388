import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GUIDES, readGuide } from '../../../src/http/docs/guides.ts'
import { REFUSALS } from '../../../src/refusals/index.ts'
import { newFolder, serviceKey } from '../../support/licenses.ts'
import { run } from '../../support/processes.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../../support/service.ts'
import { logFolder, logSettings } from '../../support/tlog.ts'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
const missing = ['curl', 'openssl'].filter((name) => spawnSync(name, ['--version']).error)
const needsTools = missing.length === 0 ? false : `there is no ${missing.join(' and no ')}`

/** What `start.md` lets its readers set, here for the service of the test. */
function preamble(origin: string): string {
  return `set -eu
url=${origin}
admin='Authorization: Bearer ${ADMIN_TOKEN}'
internal='X-INTERNAL-TOKEN: ${INTERNAL_TOKEN}'
json='content-type: application/json'
strongroom() { node '${CLI}' "$@"; }
field() { node -pe "JSON.parse(require('fs').readFileSync(0, 'utf8')).$1"; }
`
}

interface Example {
  where: string
  script: string
  /** What the guide says the answer is; fields that it leaves out may be there as well. */
  answer: unknown
}

function examplesOf(name: (typeof GUIDES)[number]): Example[] {
  const blocks = [...readGuide(name).matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  return blocks.flatMap(([, language, text = ''], index) => {
    if (language !== 'sh') return []
    const next = blocks[index + 1]
    const answer = next?.[1] === 'json' ? JSON.parse(next[2] ?? '') : undefined
    return [{ where: `${name}.md, block ${index + 1}`, script: text, answer }]
  })
}

test(
  'the guides’ examples run as they stand and answer as they say',
  { skip: needsTools },
  async (t) => {
    // Usage's allowances are those that the guide tells of.
    const log = { ...logSettings(logFolder(t)), AUDIT_LOG_ORIGIN: 'billing.example.com' }
    const service = await startService(t, { ...log, USAGE_VALUES_MAX: undefined })
    const cwd = newFolder(t)
    const publicKey = createPublicKey(serviceKey()).export({ type: 'spki', format: 'pem' })
    writeFileSync(join(cwd, 'license-key.pub.pem'), publicKey)
    const examples = GUIDES.flatMap(examplesOf)
    assert.ok(examples.length > 20)
    const separator = '\u0001'
    const script = examples.map((example) => `${example.script}printf '${separator}'\n`).join('')
    const shell = run('sh', ['-c', preamble(service.origin) + script], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, DATABASE_URL: service.database.url },
    })
    const status = await shell.ended
    const outputs = shell.output().split(separator)
    assert.equal(status, 0, `${examples[outputs.length - 1]?.where}: ${outputs.at(-1)}`)
    for (const [index, { where, answer }] of examples.entries()) {
      if (answer === undefined) continue
      const output = outputs[index] ?? ''
      assert.ok(holds(JSON.parse(output), answer), `${where} says otherwise than ${output}`)
    }
  },
)

/** Whether an answer has all that is expected; a text that ends in `…` stands for any with its start. */
function holds(actual: unknown, expected: unknown): boolean {
  if (typeof expected === 'string' && expected.endsWith('…')) {
    return typeof actual === 'string' && actual.startsWith(expected.slice(0, -1))
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(expected).every(([name, value]) =>
    holds((actual as Record<string, unknown>)[name], value),
  )
}

test('each guide is a page that loads nothing and links to the others', async (t) => {
  const service = await startService(t)
  for (const name of GUIDES) {
    const { status, headers, body } = await service.call('GET', `/docs/guides/${name}`)
    assert.equal(status, 200)
    assert.match(
      headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'sha256-/,
    )
    assert.doesNotMatch(body, /<script|<img|<link| src=|style="/)
    const links = [...String(body).matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href)
    for (const href of links.filter((link) => !link.startsWith('https:'))) {
      const target = new URL(href, `${service.origin}/docs/guides/${name}`)
      const page = await fetch(target)
      assert.equal(page.status, 200, `${name} links to ${href}`)
      const id = ` id="${target.hash.slice(1)}"`
      assert.ok(target.hash === '' || (await page.text()).includes(id), `${name}: ${href}`)
    }
  }
  for (const path of ['/docs/guides', '/docs/guides/', '/docs/guides?x=1']) {
    const first = await fetch(service.origin + path)
    assert.equal(first.url, `${service.origin}/docs/guides/${GUIDES[0]}`)
    assert.equal(first.status, 200)
  }
  const { body } = await service.call('GET', '/docs/guides/errors')
  for (const code of Object.keys(REFUSALS)) assert.ok(String(body).includes(code))
})

test('the page of all calls allows itself what is written into it, and nothing of others', async (t) => {
  const service = await startService(t)
  const { headers, body } = await service.call('GET', '/docs')
  const policy = headers.get('content-security-policy') ?? ''
  assert.doesNotMatch(policy, /https?:|unsafe/)
  for (const name of ['script', 'style']) {
    const [, text = ''] = new RegExp(`<${name}>([^]*?)</${name}>`).exec(String(body)) ?? []
    const hash = createHash('sha256').update(text).digest('base64')
    assert.match(policy, new RegExp(`${name}-src 'self' '`))
    assert.ok(text !== '' && policy.includes(`'sha256-${hash}'`), name)
  }
})
