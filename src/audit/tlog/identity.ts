import type { KeyObject } from 'node:crypto'
import { DatabaseNotReady } from '../../database/open.ts'
import { type NoteKey, type Policy, PolicyFault, readPolicy } from '../verifier.ts'
import { noteKey, vkeyOf } from './note.ts'
import type { LogRow } from './row.ts'

/** The settings of the published log. */
export interface LogSettings {
  key: KeyObject | undefined
  origin: string | undefined
  host: string | undefined
  policy: string | undefined
}

/** The log's name and key, as far as this process knows them. */
export interface LogIdentity {
  origin: string
  vkey: string
  /** Null if this process has no key, or not the key of the log. */
  signing: { key: KeyObject; note: NoteKey } | null
}

/** The settings contradict the log; the message says how. */
export class WrongLog extends DatabaseNotReady {}

const ACCEPT =
  'after a restore, `strongroom audit fork --accept` begins another log under a new name'

/**
 * The name and key of the log: those of its first signature, or else those of the settings.
 * @returns null if no key was ever configured
 * @throws WrongLog if the settings name another origin than the first signature
 */
export async function identify(
  { logId, origin: stored, vkey }: Pick<LogRow, 'logId' | 'origin' | 'vkey'>,
  settings: LogSettings,
): Promise<LogIdentity | null> {
  if (stored !== null && settings.origin !== undefined && settings.origin !== stored) {
    throw new WrongLog(`AUDIT_LOG_ORIGIN is not ${stored}, the name of the log: ${ACCEPT}`)
  }
  const origin = stored ?? originOf(logId, settings)
  if (settings.key === undefined) {
    return vkey === null ? null : { origin, vkey, signing: null }
  }
  const note = await noteKey(origin, settings.key)
  const own = vkeyOf(note)
  const isOwn = vkey === null || vkey === own
  return { origin, vkey: vkey ?? own, signing: isOwn ? { key: settings.key, note } : null }
}

/** The name for a log that has none yet. */
export function originOf(logId: string, { origin, host }: LogSettings): string {
  return origin ?? host ?? `strongroom.local/${logId}`
}

export function requireOwnKey(identity: LogIdentity): void {
  if (identity.signing !== null) return
  throw new WrongLog(`AUDIT_LOG_KEY_PATH is not the key of the log ${identity.origin}: ${ACCEPT}`)
}

/**
 * The policy of the settings; null for none.
 * @throws WrongLog if the policy can't be read, or names logs but not this one
 */
export async function policyOf(
  { policy: text }: LogSettings,
  identity: LogIdentity | null,
): Promise<Policy | null> {
  if (text === undefined) return null
  const fault = (what: string) =>
    new WrongLog(`AUDIT_WITNESSES_FILE is not a valid policy for this log: ${what}`)
  const policy = await readPolicy(`${text}\n`).catch((error: unknown) => {
    throw error instanceof PolicyFault ? fault(error.message) : error
  })
  const isNamed = policy.logs.some(({ key }) => vkeyOf(key) === identity?.vkey)
  if (policy.logs.length > 0 && identity !== null && !isNamed) {
    throw fault(`it names other logs and not ${identity.vkey}`)
  }
  const address = policy.witnesses.find(({ url }) => url !== null && !/^https?:\/\/[^/]/.test(url))
  if (address !== undefined) throw fault(`the URL of ${address.name} is not http or https`)
  return policy
}
