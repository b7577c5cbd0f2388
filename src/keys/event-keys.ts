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

/** The Ed25519 keys that sign events: the current one, and earlier ones that still sign too. */
export interface EventKeysConfig {
  signing: KeyObject | undefined
  previous: readonly KeyObject[]
}

/** A public key in the JWKS for events (RFC 8037). */
export interface EventJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  /** The RFC 7638 thumbprint. */
  kid: string
  use: 'sig'
  alg: 'EdDSA'
}

/** A secret that is encrypted under an event key. */
export interface Sealed {
  /** Nonce, tag and ciphertext. */
  bytes: Buffer
  keyId: string
}

export interface EventKeys {
  /** `whpk_` and the base64 of the 32 bytes of the current public key; null without a key. */
  publicKey: string | null
  jwks: { keys: readonly EventJwk[] }
  /** The id of the current key; null without a key. */
  keyId: string | null
  /** The signatures of all keys in base64, with that of the current key first. */
  sign(content: string): string[]
  /**
   * Encrypts a secret under the current key.
   * @param owner the secret's owner: it can't be decrypted with another owner
   * @throws Refusal `EVENTS_KEY_MISSING`
   */
  seal(owner: string, secret: string): Sealed
  /** @returns the secret; null if its key is no longer configured, or the content was changed */
  open(owner: string, sealed: Sealed): string | null
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The purpose of the derived keys. Nothing else is ever derived under this name. */
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
