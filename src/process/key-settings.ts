import type { KeyObject } from 'node:crypto'
import type { EventKeysConfig } from '../keys/event-keys.ts'
import { KeyFault, readEd25519Key, readPrivateKey, readPublicKey } from '../keys/pem.ts'
import type { EnvironmentReader } from './environment.ts'
import type { Config } from './settings.ts'

function keyIn(
  read: EnvironmentReader,
  name: string,
  parse: typeof readPrivateKey,
  path: string,
  isStrict: boolean,
): KeyObject | undefined {
  read.keyPaths.add(name)
  try {
    return parse(path, { isStrict })
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    read.fault(name, error.message)
    return undefined
  }
}

export function keysConfig(read: EnvironmentReader, production: boolean): Config['keys'] {
  const key = (name: string, parse: typeof readPrivateKey, path: string) =>
    keyIn(read, name, parse, path, production)
  const path = read.text('LICENSE_PRIVATE_KEY_PATH')
  if (path === undefined && production) {
    const make = '`openssl genrsa -out license-key.pem 3072` makes a key'
    read.fault('LICENSE_PRIVATE_KEY_PATH', `is missing: ${make}`)
  }
  return {
    signing: path === undefined ? undefined : key('LICENSE_PRIVATE_KEY_PATH', readPrivateKey, path),
    previous: read
      .list('LICENSE_PREVIOUS_KEY_PATHS')
      .map((each) => key('LICENSE_PREVIOUS_KEY_PATHS', readPublicKey, each))
      .filter((each) => each !== undefined),
  }
}

/** The keys are optional, but without them no endpoint can be made. */
export function eventKeysConfig(read: EnvironmentReader, production: boolean): EventKeysConfig {
  const key = (name: string, path: string) => keyIn(read, name, readEd25519Key, path, production)
  const path = read.text('EVENTS_KEY_PATH')
  const previous = read.list('EVENTS_PREVIOUS_KEY_PATHS')
  if (path === undefined && previous.length > 0) read.fault('EVENTS_KEY_PATH', 'is missing')
  return {
    signing: path === undefined ? undefined : key('EVENTS_KEY_PATH', path),
    previous: previous
      .map((each) => key('EVENTS_PREVIOUS_KEY_PATHS', each))
      .filter((each) => each !== undefined),
  }
}

export function auditLogConfig(read: EnvironmentReader, production: boolean): Config['auditLog'] {
  const name = 'AUDIT_LOG_KEY_PATH'
  const path = read.text(name)
  if (path === undefined && production) {
    const make = '`openssl genpkey -algorithm ed25519 -out audit-log-key.pem` makes a key'
    read.fault(name, `is missing: ${make}`)
  }
  const origin = read.text('AUDIT_LOG_ORIGIN')
  if (origin !== undefined && !/^[^\s+]{1,128}$/u.test(origin)) {
    read.fault('AUDIT_LOG_ORIGIN', 'must be 1 to 128 characters without white space or +')
  }
  const reachedAt = read.text('PUBLIC_URL')
  const policyPath = read.text('AUDIT_WITNESSES_FILE')
  return {
    key: path === undefined ? undefined : keyIn(read, name, readEd25519Key, path, production),
    origin,
    host: URL.canParse(reachedAt ?? '') ? new URL(reachedAt ?? '').hostname : undefined,
    policy:
      policyPath === undefined ? undefined : read.contents('AUDIT_WITNESSES_FILE', policyPath),
  }
}
