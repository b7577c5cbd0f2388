import { createHmac } from 'node:crypto'
import type { EventKeys, Sealed } from '../keys/event-keys.ts'

/** The secrets and keys that sign an endpoint's deliveries. */
export interface Signers {
  /** `whsec_…`: the endpoint's secret, and during an overlap the previous one too. */
  secrets: readonly string[]
  keys: Pick<EventKeys, 'sign'>
}

/**
 * The headers of Standard Webhooks 1.0.0. Each signature is over `id.timestamp.body`, with
 * HMAC-SHA256 (`v1`) or Ed25519 (`v1a`).
 * @param timestampS the time of the attempt, in Unix seconds
 */
export function signatureHeaders(
  { secrets, keys }: Signers,
  { id, timestampS, body }: { id: string; timestampS: number; body: string },
): Record<string, string> {
  const content = `${id}.${timestampS}.${body}`
  const symmetric = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
  })
  const asymmetric = keys.sign(content).map((signature) => `v1a,${signature}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': [...symmetric, ...asymmetric].join(' '),
  }
}

/** An endpoint's secrets as they are stored. */
export interface StoredSecrets {
  id: string
  secret: Buffer
  secretKeyId: string
  previousSecret: Buffer | null
  previousKeyId: string | null
  previousUntil: Date | null
}

/**
 * The secrets that sign now.
 * @returns null if one of them can't be opened
 */
export function openSecrets(
  keys: Pick<EventKeys, 'open'>,
  stored: StoredSecrets,
  now = new Date(),
): string[] | null {
  const opened = sealedNow(stored, now).map((one) => keys.open(stored.id, one))
  const known = opened.filter((one) => one !== null)
  return known.length === opened.length ? known : null
}

/** The secrets that sign now, as they are stored. */
export function sealedNow(stored: StoredSecrets, now: Date): Sealed[] {
  const sealed: Sealed[] = [{ bytes: stored.secret, keyId: stored.secretKeyId }]
  const { previousSecret, previousKeyId, previousUntil } = stored
  if (previousSecret !== null && previousUntil !== null && previousUntil > now) {
    sealed.push({ bytes: previousSecret, keyId: previousKeyId ?? '' })
  }
  return sealed
}

/** The ids of all keys under which a process can open secrets. */
export function keyIdsOf({ jwks }: Pick<EventKeys, 'jwks'>): string[] {
  return jwks.keys.map(({ kid }) => kid)
}
