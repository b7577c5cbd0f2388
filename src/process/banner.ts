import { resolve } from 'node:path'
import type { Config } from './config.ts'
import { secretPath } from './development-secrets.ts'
import type { Environment } from './environment.ts'

/**
 * Tells a developer what to do first after a start, and where to go on. Names secrets without
 * showing them.
 */
export function banner(
  env: Environment,
  { dataDir, hasConsole }: Pick<Config, 'dataDir' | 'hasConsole'>,
  origin: string,
): string {
  const token = adminToken(env, dataDir)
  const lines = [
    `Strongroom listens on ${origin}`,
    ...(token === null ? [] : ['', ...next(origin, token.inShell)]),
    '',
    ...(token === null || !hasConsole
      ? []
      : [`Console  ${origin}/console   sign in with the token of ${token.place}`]),
    `Guides   ${origin}/docs/guides`,
    `Calls    ${origin}/docs`,
    `Secrets  ${resolve(dataDir, 'secrets')}`,
  ]
  return `\n${lines.map((line) => (line === '' ? '\n' : `  ${line}\n`)).join('')}\n`
}

function next(origin: string, token: string): string[] {
  return [
    'Next, in another terminal: create a customer. The answer has its API key.',
    '',
    `  curl -s ${origin}/api/customers -H "Authorization: Bearer ${token}" \\`,
    `    -H 'content-type: application/json' -d '{"email":"ada@example.com"}'`,
  ]
}

/** Where the token is, also as a shell expression; null if the admin scope is closed. */
function adminToken(env: Environment, dataDir: string): { place: string; inShell: string } | null {
  const file =
    env['ADMIN_API_TOKEN_FILE']?.trim() ||
    (env['ADMIN_API_TOKEN'] === undefined ? secretPath(dataDir, 'ADMIN_API_TOKEN') : undefined)
  if (file !== undefined) {
    const place = resolve(file)
    return { place, inShell: `$(cat ${quoted(place)})` }
  }
  if (env['ADMIN_API_TOKEN']?.trim() === '') return null
  return { place: 'ADMIN_API_TOKEN', inShell: '$ADMIN_API_TOKEN' }
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`
}
