import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Tokens } from '../../process/config.ts'

/** What a key's row has of the key itself: HMAC-SHA-256 under a pepper, and which pepper. */
export interface KeyDigest {
  digest: Buffer
  pepperId: string
}

export interface Peppers {
  /** For new digests, under the current pepper; null where there is none that outlives the process. */
  digest(apiKey: string): KeyDigest | null
  /** Ids of the peppers whose digests can be checked here, the current one first. */
  ids: readonly string[]
  /**
   * Whether it is this key's digest. It takes one HMAC and one comparison in constant time whatever
   * is compared: where there is no row, the comparison is with a digest of no key.
   * @returns null where the digest is of none of the configured peppers, or there is none in the row
   */
  check(apiKey: string, row: Partial<StoredDigest> | undefined): boolean | null
}

export interface StoredDigest {
  digest: Buffer | null
  pepperId: string | null
}

/** Told apart from the message of any key, each of which begins with `cust_`. */
const ID_MESSAGE = 'strongroom: the id of this pepper'
const DIGEST_BYTES = 32

/**
 * The secret part of a key has 190 random bits, so its HMAC gives nothing away, with the pepper or without.
 * What the pepper adds: to write to the database is not enough to make a key.
 * @param secrets `API_KEY_PEPPER` and, while a rotation lasts, the one before it; none outside of
 * production: then the slow hash is what keys are known by
 */
export function keyPeppers(secrets: Tokens): Peppers {
  const known = new Map(
    secrets.map((secret) => {
      const key = createSecretKey(secret, 'utf8')
      const mac = (message: string) => createHmac('sha256', key).update(message).digest()
      // So short that it is no means to try peppers with; and it is no prefix of a key's digest.
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
