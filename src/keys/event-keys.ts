import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  hkdfSync,
  randomBytes,
  sign,
} from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { Refusal } from '../refusals/index.ts'

/** Ed25519 keys of events: the one in use first, then those before it, which sign too meanwhile. */
export interface EventKeysConfig {
  signing: KeyObject | undefined
  previous: readonly KeyObject[]
}

/** A public key in the set of the events' keys (RFC 8037). */
export interface EventJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  /** The RFC 7638 thumbprint. */
  kid: string
  use: 'sig'
  alg: 'EdDSA'
}

/** A secret under a key of events. */
export interface Sealed {
  /** Nonce, tag and ciphertext. */
  bytes: Buffer
  keyId: string
}

export interface EventKeys {
  /** `whpk_` and the base64 of the 32 bytes of the key in use; null without one. */
  publicKey: string | null
  jwks: { keys: readonly EventJwk[] }
  /** The id of the key in use; null without one. */
  keyId: string | null
  /** Signatures of all keys, the one in use first, in base64. */
  sign(content: string): string[]
  /**
   * Encrypts a secret under the key in use.
   * @param owner what the secret belongs to: it opens for nothing else
   * @throws Refusal `EVENTS_KEY_MISSING`
   */
  seal(owner: string, secret: string): Sealed
  /** @returns null if its key is no longer here, or its content is not what was sealed */
  open(owner: string, sealed: Sealed): string | null
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What the derived keys are for: nothing else is ever derived under this name. */
const PURPOSE = 'strongroom webhook secrets'

export async function openEventKeys({ signing, previous }: EventKeysConfig): Promise<EventKeys> {
  const all = await Promise.all(
    [...(signing === undefined ? [] : [signing]), ...previous].map(async (key) => {
      const { x = '', d = '' } = key.export({ format: 'jwk' })
      const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }, 'sha256')
      const seed = Buffer.from(d, 'base64url')
      return { key, x, kid, cipherKey: Buffer.from(hkdfSync('sha256', seed, '', PURPOSE, 32)) }
    }),
  )
  const known = [...new Map(all.map((one) => [one.kid, one])).values()]
  const current = signing === undefined ? undefined : known[0]
  return {
    publicKey: current === undefined ? null : publicText(current.key),
    keyId: current?.kid ?? null,
    jwks: {
      keys: known.map(({ x, kid }) => {
        return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA' }
      }),
    },
    sign: (content) =>
      known.map(({ key }) => sign(null, Buffer.from(content), key).toString('base64')),
    seal: (owner, secret) => {
      if (current === undefined) throw new Refusal('EVENTS_KEY_MISSING')
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, current.cipherKey, nonce).setAAD(Buffer.from(owner))
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return { bytes: Buffer.concat([nonce, cipher.getAuthTag(), text]), keyId: current.kid }
    },
    open: (owner, { bytes, keyId }) => {
      const found = known.find(({ kid }) => kid === keyId)
      if (found === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return null
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv(CIPHER, found.cipherKey, nonce, options)
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      try {
        const text = bytes.subarray(NONCE_BYTES + TAG_BYTES)
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
  }
}

function publicText(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return `whpk_${Buffer.from(x, 'base64url').toString('base64')}`
}
