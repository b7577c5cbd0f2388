import { createHmac, randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { FastifyBaseLogger } from 'fastify'
import type { Registry } from 'prom-client'
import { customers } from '../customers/tables.ts'
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
  verify(presented: string, allowance: Allowance): Promise<KeyHolder | null>
  /** Something has changed: what is known of this key, or of this customer's, is read again. */
  doubt(id: string): void
}

interface KnownKey {
  keyId: string
  customerId: string
  /** What the database last said of the key and its customer; null once it is refused. */
  holder: Promise<KeyHolder | null>
  readAt: number
}

/**
 * A key's state is read again when it is older than this. Changes are announced and reach every
 * replica at once; but what is announced can be lost, and then this bounds for how long a revoked
 * key is good.
 */
const STATE_AGE_MS_MAX = 500
const KNOWN_MAX = 20_000
const LAST_USED_INTERVAL_MS = 60_000

/**
 * Checks keys against their argon2id hash once, then knows them by an HMAC under a key of this
 * process: neither the key nor anything that could be used as one stays in memory.
 * @param registry for how many were known
 */
export function keyVerifier(db: Database, log: FastifyBaseLogger, registry: Registry): KeyVerifier {
  const count = keyMetrics(registry)
  const macKey = randomBytes(32)
  const known = new Map<string, KnownKey>()
  /** Checks under way: many requests with one key share its hash. */
  const learning = new Map<string, Promise<KeyHolder | null>>()
  const lastUsed = new Map<string, number>()
  /** Of no key: verified against when the key id is unknown, so that both take equally long. */
  const decoyHash = hashApiKey(randomBytes(32).toString('hex'))
  decoyHash.catch(() => undefined)

  async function verify(presented: string, allowance: Allowance): Promise<KeyHolder | null> {
    const parsed = parseApiKey(presented)
    if (parsed === null) {
      count('malformed')
      return null
    }
    const mac = createHmac('sha256', macKey).update(presented).digest('base64')
    const isKnown = known.has(mac)
    count(isKnown ? 'known' : 'unknown')
    const holder = await (isKnown
      ? recall(mac)
      : learnOnce(mac, presented, parsed.keyId, allowance))
    // The id in front of the secret is part of the hashed key, so it can only be the key's own.
    if (holder === null || isExpired(holder)) return null
    touch(holder.keyId)
    return holder
  }

  function learnOnce(
    mac: string,
    presented: string,
    keyId: string,
    allowance: Allowance,
  ): Promise<KeyHolder | null> {
    let check = learning.get(mac)
    if (check === undefined) {
      check = learn(mac, presented, keyId, allowance).finally(() => learning.delete(mac))
      learning.set(mac, check)
    }
    return check
  }

  /**
   * The id of a key tells nobody its secret, but strangers do not know it. So where a flood comes from
   * the same address as a good key that is new to this process, the id tells them apart.
   */
  async function learn(
    mac: string,
    presented: string,
    keyId: string,
    allowance: Allowance,
  ): Promise<KeyHolder | null> {
    const isAllowed = await allowance.ofAddress()
    if (isAllowed) refuseWhenFull()
    const readAt = Date.now()
    const row = await readKey(keyId)
    if (!isAllowed) {
      const deserves = row !== undefined && isUsable(row) && (await allowance.ofCustomer())
      if (!deserves) return null
    }
    const matches = await matchesHash(row?.hash ?? (await decoyHash), presented)
    if (!matches || row === undefined || !isUsable(row)) return null
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value ?? '')
    const { customerId } = row.holder
    known.set(mac, { keyId, customerId, holder: Promise.resolve(row.holder), readAt })
    // Its state is read again if the hash has waited for long: it may have been revoked meanwhile.
    return recall(mac)
  }

  /** Many requests with one key share one read of its state. */
  async function recall(mac: string): Promise<KeyHolder | null> {
    const entry = known.get(mac)
    if (entry === undefined) return null
    if (Date.now() - entry.readAt > STATE_AGE_MS_MAX) {
      entry.readAt = Date.now()
      entry.holder = readKey(entry.keyId).then((row) =>
        row !== undefined && isUsable(row) ? row.holder : null,
      )
    }
    try {
      const holder = await entry.holder
      if (holder === null) known.delete(mac)
      return holder
    } catch (error) {
      // Not knowing is no permission: the next request asks the database again.
      entry.readAt = 0
      throw error
    }
  }

  async function readKey(keyId: string) {
    const [row] = await db
      .select({ key: apiKeys, customer: customers })
      .from(apiKeys)
      .innerJoin(customers, eq(customers.id, apiKeys.customerId))
      .where(eq(apiKeys.id, keyId))
    if (row === undefined) return undefined
    const holder: KeyHolder = {
      customerId: row.customer.id,
      plan: row.customer.plan,
      status: row.customer.status,
      keyId: row.key.id,
      keyName: row.key.name,
      keyExpiresAt: endOf(row.key),
    }
    return { hash: row.key.hash, revokedAt: row.key.revokedAt, holder }
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
      if (entry.keyId === id || entry.customerId === id) entry.readAt = 0
    }
  }

  return { verify, doubt }
}

function isUsable(row: { revokedAt: Date | null; holder: KeyHolder }): boolean {
  return row.revokedAt === null && row.holder.status === 'active' && !isExpired(row.holder)
}

function isExpired(holder: KeyHolder): boolean {
  return holder.keyExpiresAt !== null && holder.keyExpiresAt.getTime() <= Date.now()
}
