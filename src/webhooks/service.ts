import { randomBytes } from 'node:crypto'
import { and, count, desc, eq, lt, sql } from 'drizzle-orm'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database, Transaction } from '../database/index.ts'
import { randomBase62 } from '../encoding/ids.ts'
import { tellEvent } from '../events/record.ts'
import { eventCounter } from '../events/tables.ts'
import { type EventType, includesType } from '../events/types.ts'
import { withRepeat } from '../http/outcomes/attempt.ts'
import type { PageRequest } from '../http/pagination.ts'
import { invalid } from '../http/schemas.ts'
import type { EventKeys } from '../keys/event-keys.ts'
import { Refusal } from '../refusals/index.ts'
import { type AddressRule, readTarget } from './addresses.ts'
import { failPending } from './deliveries.ts'
import { type DISABLED_REASONS, type Terms, webhookEndpoints } from './tables.ts'

export type EndpointRow = typeof webhookEndpoints.$inferSelect

/**
 * Bounded, because each endpoint is looked at several times a second and may have some open
 * sockets.
 */
const ENDPOINTS_MAX = 200

/** As long as the digest. Standard Webhooks recommends 24 to 64 bytes. */
const SECRET_BYTES = 32

/** What is needed to create or change endpoints. */
export interface Means {
  db: Database
  keys: EventKeys
  actor: Actor
  rule: AddressRule
  types: ReadonlyMap<string, EventType>
}

export interface EndpointDraft {
  url: string
  events: string[]
  description: string | null
}

/**
 * Creates an endpoint, which gets the events from now on.
 * @throws Refusal `VALIDATION_FAILED`, `EVENTS_KEY_MISSING` or `TOO_MANY_WEBHOOK_ENDPOINTS`
 */
export async function createEndpoint(
  { db, keys, actor, rule, types }: Means,
  { url, events, description }: EndpointDraft,
): Promise<{ row: EndpointRow; secret: string }> {
  const target = checkedTarget(url, rule)
  checkEvents(events, types)
  const id = `we_${randomBase62(16)}`
  const secret = newSecret()
  const { bytes, keyId } = keys.seal(id, secret)
  const made = db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${CREATING})`)
    const [found] = await tx.select({ count: count() }).from(webhookEndpoints)
    if ((found?.count ?? 0) >= ENDPOINTS_MAX) throw new Refusal('TOO_MANY_WEBHOOK_ENDPOINTS')
    const last = await lastEvent(tx)
    const [row] = await tx
      .insert(webhookEndpoints)
      .values({
        id,
        url: target,
        events,
        description,
        secret: bytes,
        secretKeyId: keyId,
        terms: [{ after: String(last), events, isParked: false }],
        cursor: last,
      })
      .returning()
    if (row === undefined) throw new Error('The endpoint was not inserted')
    const metadata = { events }
    await recordAudit(tx, actor, { event: 'webhook_endpoint.created', subject: id, metadata })
    return { row, secret }
  })
  return made.catch((error: unknown) => {
    throw withRepeat(error, { endpoint_id: id })
  })
}

/** An arbitrary key of a lock: two calls must not count the endpoints at the same time. */
const CREATING = 5_746_119

/** Newest first, with one extra row if there are more. */
export function listEndpoints(
  db: Database,
  { limit, before }: PageRequest,
): Promise<EndpointRow[]> {
  return db
    .select()
    .from(webhookEndpoints)
    .where(before === null ? undefined : lt(webhookEndpoints.seq, before))
    .orderBy(desc(webhookEndpoints.seq))
    .limit(limit + 1)
}

/** @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` */
export async function findEndpoint(db: Pick<Database, 'select'>, id: string): Promise<EndpointRow> {
  const [row] = await db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id))
  if (row === undefined) throw new Refusal('WEBHOOK_ENDPOINT_NOT_FOUND')
  return row
}

export type EndpointChanges = Partial<EndpointDraft & { status: 'active' | 'disabled' }>

/**
 * Changes an endpoint. A change of its events or status applies to events from now on.
 * @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` or `VALIDATION_FAILED`
 */
export async function changeEndpoint(
  { db, actor, rule, types }: Omit<Means, 'keys'>,
  id: string,
  changes: EndpointChanges,
): Promise<EndpointRow> {
  const url = changes.url === undefined ? undefined : checkedTarget(changes.url, rule)
  if (changes.events !== undefined) checkEvents(changes.events, types)
  return db.transaction(async (tx) => {
    const before = await lockEndpoint(tx, id)
    const { events = before.events, status = before.status } = changes
    const isNew = events !== before.events || status !== before.status
    const [row] = await tx
      .update(webhookEndpoints)
      .set({
        ...changes,
        ...(url !== undefined && { url }),
        // What has failed at the previous URL says nothing about the new one.
        ...(url !== undefined && url !== before.url && { failingSince: null }),
        ...(isNew && { terms: await termsFrom(tx, before, events, status === 'disabled') }),
        ...(status !== before.status && {
          disabledReason: status === 'disabled' ? 'operator' : null,
          failingSince: null,
        }),
        updatedAt: sql`now()`,
      })
      .where(eq(webhookEndpoints.seq, before.seq))
      .returning()
    if (row === undefined) throw new Error('The endpoint was not changed')
    const metadata = { changed: Object.keys(changes), ...(changes.status && { status }) }
    await recordAudit(tx, actor, { event: 'webhook_endpoint.updated', subject: id, metadata })
    if (status === 'disabled' && before.status === 'active') {
      await failPending(tx, before.seq)
      await tellDisabled(tx, id, 'operator')
    }
    return row
  })
}

/**
 * Disables an endpoint that is gone, or has failed for too long.
 * @param url where that was found. It says nothing about another URL.
 * @returns false if it was disabled already, or has another URL
 */
export async function disableEndpoint(
  tx: Transaction,
  { id, url }: Pick<EndpointRow, 'id' | 'url'>,
  reason: Exclude<(typeof DISABLED_REASONS)[number], 'operator'>,
): Promise<boolean> {
  const before = await lockEndpoint(tx, id)
  if (before.status === 'disabled' || before.url !== url) return false
  const terms = await termsFrom(tx, before, before.events, true)
  await tx
    .update(webhookEndpoints)
    .set({ status: 'disabled', disabledReason: reason, terms, updatedAt: sql`now()` })
    .where(eq(webhookEndpoints.seq, before.seq))
  await recordAudit(
    tx,
    { id: 'system', ip: null },
    { event: 'webhook_endpoint.updated', subject: id, metadata: { status: 'disabled', reason } },
  )
  await failPending(tx, before.seq)
  await tellDisabled(tx, id, reason)
  return true
}

function tellDisabled(tx: Transaction, id: string, reason: string): Promise<void> {
  const data = { endpoint_id: id, reason }
  return tellEvent(tx, { type: 'endpoint.disabled', subject: id, data })
}

/** @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` */
export async function deleteEndpoint(db: Database, actor: Actor, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { seq } = await lockEndpoint(tx, id)
    // Nobody can see its deliveries any more. A job deletes them in pages.
    await tx.delete(webhookEndpoints).where(eq(webhookEndpoints.seq, seq))
    await recordAudit(tx, actor, { event: 'webhook_endpoint.deleted', subject: id })
  })
}

/**
 * Gives an endpoint a new secret. The old one signs too during the overlap.
 * @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` or `EVENTS_KEY_MISSING`
 */
export async function rotateSecret(
  { db, keys, actor }: Pick<Means, 'db' | 'keys' | 'actor'>,
  id: string,
  overlapSeconds: number,
): Promise<string> {
  const secret = newSecret()
  const { bytes, keyId } = keys.seal(id, secret)
  await db.transaction(async (tx) => {
    const before = await lockEndpoint(tx, id)
    const kept =
      overlapSeconds === 0
        ? { previousSecret: null, previousKeyId: null, previousUntil: null }
        : {
            previousSecret: before.secret,
            previousKeyId: before.secretKeyId,
            previousUntil: sql`now() + make_interval(secs => ${overlapSeconds})`,
          }
    await tx
      .update(webhookEndpoints)
      .set({ ...kept, secret: bytes, secretKeyId: keyId, updatedAt: sql`now()` })
      .where(eq(webhookEndpoints.seq, before.seq))
    const metadata = { overlap_seconds: overlapSeconds }
    await recordAudit(tx, actor, { event: 'webhook_endpoint.rotated', subject: id, metadata })
  })
  return secret
}

/**
 * Sends `test.ping` to an endpoint, whatever events it asks for.
 * @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` or `WEBHOOK_ENDPOINT_DISABLED`
 */
export async function testEndpoint(db: Database, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const { seq, status } = await findEndpoint(tx, id)
    if (status === 'disabled') throw new Refusal('WEBHOOK_ENDPOINT_DISABLED')
    const data = { endpoint_id: id }
    await tellEvent(tx, { type: 'test.ping', subject: id, data, endpointId: seq })
  })
}

/** @throws Refusal `WEBHOOK_ENDPOINT_NOT_FOUND` */
export async function lockEndpoint(tx: Transaction, id: string): Promise<EndpointRow> {
  const [row] = await tx
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.id, id))
    .for('update')
  if (row === undefined) throw new Refusal('WEBHOOK_ENDPOINT_NOT_FOUND')
  return row
}

/** The endpoint's terms, with new ones from the next event on and without those that are over. */
async function termsFrom(
  tx: Transaction,
  { terms, cursor }: EndpointRow,
  events: string[],
  isParked: boolean,
): Promise<Terms[]> {
  const after = await lastEvent(tx)
  const current = terms.filter((_, index) => {
    const next = terms[index + 1]
    return next === undefined ? true : BigInt(next.after) > cursor
  })
  const earlier = current.filter((one) => BigInt(one.after) < after)
  return [...earlier, { after: String(after), events, isParked }]
}

async function lastEvent(tx: Transaction): Promise<bigint> {
  const [row] = await tx
    .select({ last: eventCounter.last })
    .from(eventCounter)
    .where(and(eq(eventCounter.id, 1)))
  return row?.last ?? 0n
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

function checkedTarget(text: string, rule: AddressRule): string {
  const target = readTarget(text, rule)
  if (typeof target === 'string') throw invalid('/url', target)
  return target.href
}

function checkEvents(events: readonly string[], types: ReadonlyMap<string, EventType>): void {
  const names = [...types.keys()]
  const index = events.findIndex(
    (one) => one !== '*' && !names.some((name) => includesType([one], name)),
  )
  if (index !== -1) throw invalid(`/events/${index}`, 'is not a type of event')
}
