import { type KeyObject, createPublicKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type JWTPayload, SignJWT, calculateJwkThumbprint, exportJWK } from 'jose'
import { Refusal } from '../refusals/index.ts'

const ALGORITHM = 'RS256'

/** A public key in the JWKS (RFC 7517). */
export interface PublicJwk {
  kty: 'RSA'
  n: string
  e: string
  /** The RFC 7638 thumbprint. */
  kid: string
  use: 'sig'
  alg: typeof ALGORITHM
}

export interface KeyRing {
  /** The id of the key that signs; null if none is configured, which only development allows. */
  signingKeyId: string | null
  /** The keys that verify signatures: the signing key first, then the earlier ones. */
  jwks: { keys: readonly PublicJwk[] }
  /** Whether signatures by this key still verify. */
  verifies(keyId: string): boolean
  /**
   * A JWT signed with RS256; `type` is its header `typ`. Takes about a millisecond on a thread of
   * Node's pool.
   * @throws Refusal `SIGNING_KEY_MISSING`
   */
  sign(type: string, claims: JWTPayload): Promise<string>
}

/** RSA keys: the private key that signs, if any, and public keys that still verify. */
export interface KeyRingConfig {
  signing: KeyObject | undefined
  previous: readonly KeyObject[]
}

declare module 'fastify' {
  interface FastifyInstance {
    keys: KeyRing
  }
}

export const keyRing = fp(
  async (app: FastifyInstance, options: { config: KeyRingConfig }) => {
    app.decorate('keys', await openKeyRing(options.config))
  },
  { name: 'key-ring' },
)

/** The keys of a configuration, each once. Everything is signed with the keys opened here. */
export async function openKeyRing({ signing, previous }: KeyRingConfig): Promise<KeyRing> {
  const known = signing === undefined ? previous : [createPublicKey(signing), ...previous]
  const all = await Promise.all(known.map(publicJwk))
  const byId = new Map(all.map((jwk) => [jwk.kid, jwk]))
  const signingKeyId = signing === undefined ? null : (all[0]?.kid ?? null)
  return {
    signingKeyId,
    jwks: { keys: [...byId.values()] },
    verifies: (keyId) => byId.has(keyId),
    sign: async (type, claims) => {
      if (signing === undefined || signingKeyId === null) throw new Refusal('SIGNING_KEY_MISSING')
      const header = { alg: ALGORITHM, typ: type, kid: signingKeyId }
      return new SignJWT(claims).setProtectedHeader(header).sign(signing)
    },
  }
}

async function publicJwk(key: KeyObject): Promise<PublicJwk> {
  const { n = '', e = '' } = await exportJWK(key)
  const kid = await calculateJwkThumbprint({ kty: 'RSA', n, e }, 'sha256')
  return { kty: 'RSA', n, e, kid, use: 'sig', alg: ALGORITHM }
}
