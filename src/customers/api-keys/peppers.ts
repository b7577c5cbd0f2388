import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Tokens } from '../../process/config.ts'

/** The digest in a key's row: HMAC-SHA-256 of the key with a pepper, and the pepper's id. */
export interface KeyDigest {
  digest: Buffer
  pepperId: string
}

export interface Peppers {
  /**
   * The digest for a new row, with the current pepper; null without a pepper that outlives the
   * process.
   */
  digest(apiKey: string): KeyDigest | null
  /** Ids of the peppers whose digests can be checked here, the current one first. */
  ids: readonly string[]
  /**
   * Whether the row has this key's digest. It always takes one HMAC and one comparison in constant
   * time: without a row, it compares with a digest of no key.
   * @returns null if the row has no digest, or one of an unknown pepper
   */
  check(apiKey: string, row: Partial<StoredDigest> | undefined): boolean | null
}

export interface StoredDigest {
  digest: Buffer | null
  pepperId: string | null
}

/** Differs from every key and token, because those begin with `cust_` or `srt_`. */
const ID_MESSAGE = 'strongroom: the id of this pepper'
const DIGEST_BYTES = 32

/**
 * The secret part of a key has 190 random bits, so its HMAC reveals nothing, with or without the
 * pepper. The pepper adds that write access to the database is not enough to make a key.
 * @param secrets `API_KEY_PEPPER` and, during a rotation, the one before it. Outside production there
 * may be none; keys are then found by their slow hash.
 */
export function keyPeppers(secrets: Tokens): Peppers {
  const known = new Map(
    secrets.map((secret) => {
      const key = createSecretKey(secret, 'utf8')
      const mac = (message: string) => createHmac('sha256', key).update(message).digest()
      // Too short to try peppers with, and not a prefix of a key's digest.
      return [mac(ID_MESSAGE).toString('hex', 0, 4), mac] as const
    }),
  )
  const ids = [...known.keys()]
  const [currentId] = ids
  const current = currentId === undefined ? undefined : known.get(currentId)
  const ofNoKey = randomBytes(DIGEST_BYTES)

  return {
    ids,
    digest: (apiKey) =>
      current === undefined || currentId === undefined
        ? null
        : { digest: current(apiKey), pepperId: currentId },
    check: (apiKey, row) => {
      const mac = known.get(row?.pepperId ?? '') ?? current
      const isKnown = row?.digest?.length === DIGEST_BYTES && known.has(row.pepperId ?? '')
      const expected = isKnown ? (row.digest ?? ofNoKey) : ofNoKey
      const isEqual = mac !== undefined && timingSafeEqual(mac(apiKey), expected)
      return row === undefined ? false : isKnown ? isEqual : null
    },
  }
}
