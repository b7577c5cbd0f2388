import { resolve } from 'node:path'
import { secretPath } from './development-secrets.ts'
import type { Environment } from './environment.ts'

/** What a developer needs to know after a start. Secrets are named but not shown. */
export function banner(env: Environment, dataDir: string, origin: string): string {
  const token = adminTokenForShell(env, dataDir)
  return `
  Strongroom listens on ${origin}
  Console  ${origin}/console
  Docs     ${origin}/docs
  Secrets  ${resolve(dataDir, 'secrets')}
${token === undefined ? '' : example(origin, token)}
`
}

function example(origin: string, token: string): string {
  return `  Try      curl -s ${origin}/api/customers -H "Authorization: Bearer ${token}" \\
             -H 'content-type: application/json' -d '{"email":"ada@example.com"}'
`
}

/** A shell expression that yields the token; undefined where the admin scope is closed. */
function adminTokenForShell(env: Environment, dataDir: string): string | undefined {
  const file = env['ADMIN_API_TOKEN_FILE']?.trim()
  if (file) return `$(cat ${quoted(resolve(file))})`
  if (env['ADMIN_API_TOKEN'] === undefined) {
    return `$(cat ${quoted(secretPath(dataDir, 'ADMIN_API_TOKEN'))})`
  }
  return env['ADMIN_API_TOKEN'].trim() === '' ? undefined : '$ADMIN_API_TOKEN'
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}
