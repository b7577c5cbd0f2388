import { hash, randomBytes } from 'node:crypto'
import { eq, inArray } from 'drizzle-orm'
import type { FastifyBaseLogger } from 'fastify'
import type { Registry } from 'prom-client'
import { customers } from '../customers/tables.ts'
import { sharedCommits } from '../shared-commits.ts'
import type { Database } from '../plugins/database/index.ts'
import { parseApiKey } from './format.ts'
import { hashApiKey, matchesHash, refuseWhenFull } from './hashing.ts'
import { keyMetrics } from './metrics.ts'
import { endOf } from './service.ts'
import { apiKeys } from './tables.ts'

export interface KeyHolder {
  customerId: string
  plan: string | null
  status: 'active' | 'suspended'
  keyId: string
  keyName: string | null
  keyExpiresAt: Date | null
}

/** What checking an unknown key may cost, asked before it is hashed. */
export interface Allowance {
  /** False: its address has spent its own, and only a key that exists is hashed. */
  ofAddress(): Promise<boolean>
  /** False: for the customer it names enough such keys were hashed already. */
  ofCustomer(): Promise<boolean>
}

export interface KeyVerifier {
  /** The holder of a key that is valid now; null for every other string, whatever is wrong with it. */
  verify(presented: string, allowance: Allowance): KeyHolder | null | Promise<KeyHolder | null>
  /** Something has changed: what is known of this key, or of this customer's, is read again. */
  doubt(id: string): void
}

interface KnownKey {
  keyId: string
  customerId: string
  /** What the database last said of the key and its customer. */
  holder: KeyHolder
  readAt: number
  /** How often it was heard that something has changed. */
  doubts: number
  /** A reading that began after the last of them. */
  reading: Promise<KeyHolder | null> | null
}

/**
 * What is known of keys is read again this often, all of it that is asked for at one time. Changes are
 * announced and reach every replica at once; but what is announced can be lost, and then this bounds
 * for how long a revoked key is good.
 */
const STATE_AGE_MS_MAX = 500
const READ_TOGETHER_MAX = 500
const KNOWN_MAX = 20_000
const LAST_USED_INTERVAL_MS = 60_000

/**
 * Checks keys against their argon2id hash once, then knows them by a digest under a secret of this
 * process: neither the key nor anything that could be used as one stays in memory.
 * @param registry for how many were known
 */
export function keyVerifier(db: Database, log: FastifyBaseLogger, registry: Registry): KeyVerifier {
  const count = keyMetrics(registry)
  // In front of every key, and of one length. The digests are shown to nobody who could extend one.
  const secret = randomBytes(32).toString('hex')
  const epochStart = Math.floor(Math.random() * STATE_AGE_MS_MAX)
  const known = new Map<string, KnownKey>()
  /** Checks under way: many requests with one key share its hash. */
  const learning = new Map<string, Promise<KeyHolder | null>>()
  const lastUsed = new Map<string, number>()
  /** Of no key: verified against when the key id is unknown, so that both take equally long. */
  const decoyHash = hashApiKey(randomBytes(32).toString('hex'))
  decoyHash.catch(() => undefined)

  const readings = sharedCommits<string, KeyState | undefined>({
    lanes: 1,
    waitingMax: KNOWN_MAX,
    batchMax: READ_TOGETHER_MAX,
    commit: readKeys,
  })

  function verify(
    presented: string,
    allowance: Allowance,
  ): KeyHolder | null | Promise<KeyHolder | null> {
    const digest = hash('sha256', secret + presented, 'base64')
    const entry = known.get(digest)
    if (entry === undefined) return verifyUnknown(digest, presented, allowance)
    count('known')
    return isFresh(entry) ? admit(entry.holder) : recall(digest, entry).then(admit)
  }

  async function verifyUnknown(
    digest: string,
    presented: string,
    allowance: Allowance,
  ): Promise<KeyHolder | null> {
    const parsed = parseApiKey(presented)
    if (parsed === null) {
      count('malformed')
      return null
    }
    count('unknown')
    return admit(await learnOnce(digest, presented, parsed.keyId, allowance))
  }

  function admit(holder: KeyHolder | null): KeyHolder | null {
    // The id in front of the secret is part of the hashed key, so it can only be the key's own.
    if (holder === null || isExpired(holder)) return null
    touch(holder.keyId)
    return holder
  }

  function learnOnce(
    digest: string,
    presented: string,
    keyId: string,
    allowance: Allowance,
  ): Promise<KeyHolder | null> {
    let check = learning.get(digest)
    if (check === undefined) {
      check = learn(digest, presented, keyId, allowance).finally(() => learning.delete(digest))
      learning.set(digest, check)
    }
    return check
  }

  /**
   * The id of a key tells nobody its secret, but strangers do not know it. So where a flood comes from
   * the same address as a good key that is new to this process, the id tells them apart.
   */
  async function learn(
    digest: string,
    presented: string,
    keyId: string,
    allowance: Allowance,
  ): Promise<KeyHolder | null> {
    const isAllowed = await allowance.ofAddress()
    if (isAllowed) refuseWhenFull()
    const readAt = Date.now()
    const row = await readings.submit(keyId)
    if (!isAllowed) {
      const deserves = row !== undefined && isUsable(row) && (await allowance.ofCustomer())
      if (!deserves) return null
    }
    const matches = await matchesHash(row?.hash ?? (await decoyHash), presented)
    if (!matches || row === undefined || !isUsable(row)) return null
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value ?? '')
    const { holder } = row
    const { customerId } = holder
    const entry: KnownKey = { keyId, customerId, holder, readAt, doubts: 0, reading: null }
    known.set(digest, entry)
    // Its state is read again if the hash has waited for long: it may have been revoked meanwhile.
    return isFresh(entry) ? holder : recall(digest, entry)
  }

  /** What is read in one epoch is read again in the next: many keys are due at once, and read together. */
  function isFresh({ readAt }: KnownKey): boolean {
    return epochOf(readAt) === epochOf(Date.now())
  }

  function epochOf(time: number): number {
    return Math.floor((time - epochStart) / STATE_AGE_MS_MAX)
  }

  /** Many requests with one key share one read of its state. */
  function recall(digest: string, entry: KnownKey): Promise<KeyHolder | null> {
    entry.reading ??= reread(digest, entry)
    return entry.reading
  }

  async function reread(digest: string, entry: KnownKey): Promise<KeyHolder | null> {
    const { doubts } = entry
    const readAt = Date.now()
    try {
      const row = await readings.submit(entry.keyId)
      if (row === undefined || !isUsable(row)) {
        known.delete(digest)
        return null
      }
      if (doubts === entry.doubts) {
        entry.holder = row.holder
        entry.readAt = readAt
      }
      return row.holder
    } finally {
      // Where it failed, so does the request, for not knowing is no permission; the next asks again.
      if (doubts === entry.doubts) entry.reading = null
    }
  }

  async function readKeys(
    keyIds: readonly string[],
  ): Promise<PromiseFulfilledResult<KeyState | undefined>[]> {
    const rows = await db
      .select({ key: apiKeys, customer: customers })
      .from(apiKeys)
      .innerJoin(customers, eq(customers.id, apiKeys.customerId))
      .where(inArray(apiKeys.id, [...new Set(keyIds)]))
    const states = new Map(rows.map(({ key, customer }) => [key.id, stateOf(key, customer)]))
    return keyIds.map((keyId) => ({ status: 'fulfilled', value: states.get(keyId) }))
  }

  function touch(keyId: string): void {
    const now = Date.now()
    if (now - (lastUsed.get(keyId) ?? 0) < LAST_USED_INTERVAL_MS) return
    if (lastUsed.size >= KNOWN_MAX) lastUsed.clear()
    lastUsed.set(keyId, now)
    const at = new Date(now)
    db.update(apiKeys)
      .set({ lastUsedAt: at })
      .where(eq(apiKeys.id, keyId))
      .catch((error: unknown) => log.warn({ err: error }, 'Could not note the use of a key'))
  }

  function doubt(id: string): void {
    for (const entry of known.values()) {
      if (entry.keyId !== id && entry.customerId !== id) continue
      entry.doubts++
      entry.readAt = 0
      entry.reading = null
    }
  }

  return { verify, doubt }
}

interface KeyState {
  hash: string
  revokedAt: Date | null
  holder: KeyHolder
}

function stateOf(
  key: typeof apiKeys.$inferSelect,
  customer: typeof customers.$inferSelect,
): KeyState {
  const holder = {
    customerId: customer.id,
    plan: customer.plan,
    status: customer.status,
    keyId: key.id,
    keyName: key.name,
    keyExpiresAt: endOf(key),
  }
  return { hash: key.hash, revokedAt: key.revokedAt, holder }
}

function isUsable(row: KeyState): boolean {
  return row.revokedAt === null && row.holder.status === 'active' && !isExpired(row.holder)
}

function isExpired(holder: KeyHolder): boolean {
  return holder.keyExpiresAt !== null && holder.keyExpiresAt.getTime() <= Date.now()
}
