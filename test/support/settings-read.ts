import { readConfig } from '../../src/process/config.ts'
import type { Environment } from '../../src/process/environment.ts'

/** The names of the variables that the configuration asks for, whatever their values. */
export function namesRead(): Set<string> {
  const names = new Set<string>()
  const env = new Proxy<Environment>({}, { get: (_env, name) => void names.add(String(name)) })
  readConfig(env)
  return names
}

/** Those with a secret, or with paths of files that have one: private keys. */
export function secretNames(): string[] {
  const names = namesRead()
  return [...names]
    .filter((name) => names.has(`${name}_FILE`) || /_KEY_PATHS?$/.test(name))
    .filter((name) => name !== 'LICENSE_PREVIOUS_KEY_PATHS')
    .toSorted()
}
