import { eq, notInArray } from 'drizzle-orm'
import type Stripe from 'stripe'
import type { Database } from '../database/index.ts'
import type { StripeCalls } from '../stripe/client.ts'
import { isDatabaseUnavailable } from '../database/faults.ts'
import { OldAnswer } from '../stripe/handler.ts'
import { type Bill, billOf, billsAfter } from './bills.ts'
import { askOfEarlier } from './earlier-invoices.ts'
import { SHOWN, answeredAt, fetchedFrom, refresh, withAllItems } from './refresh.ts'
import { stateOf } from './row.ts'
import { type Means, resync, takeIn } from './service.ts'
import { ENDED, type SubscriptionState, UnreadableSubscription, isSame } from './state.ts'
import { subscriptions } from './tables.ts'

const PAGE = 100

export interface Mended {
  id: string
  /** Null if it was unknown here. */
  before: SubscriptionState | null
  after: SubscriptionState
}

export interface Reconciliation {
  /** Subscriptions on Stripe's list. */
  checked: number
  mended: Mended[]
  /** Open here, but unknown to Stripe: these are left unchanged. */
  missing: string[]
  /**
   * Could not be compared: Stripe refused, or showed old data or data that this version can't read.
   */
  failed: { id: string; reason: string }[]
}

/**
 * Compares every subscription with Stripe's list, and its licences with its plans. Subscriptions that
 * differ are fetched again, as after an event. Those that are open here but not on Stripe's list are
 * fetched by their id. One that can't be compared does not stop the others.
 * @param report is told how many of Stripe's list have been compared
 */
export async function reconcile(
  means: Means,
  stripe: StripeCalls,
  report: (checked: number) => void = () => undefined,
): Promise<Reconciliation> {
  const { db } = means
  const here = await openHere(db)
  const differing = new Set(here.keys())
  const mended: Mended[] = []
  const missing: string[] = []
  const failed: Reconciliation['failed'] = []
  const attempt = async (id: string, compare: () => Promise<void>) => {
    await compare().catch((error: unknown) => {
      if (isDatabaseUnavailable(error)) throw error
      failed.push({ id, reason: reasonOf(error) })
    })
  }
  let checked = 0
  for await (const { listed, at } of listAll(stripe)) {
    checked += 1
    report(checked)
    await attempt(listed.id, async () => {
      const { subscription, knowledge } = fetchedFrom(await withAllItems(stripe, listed), at)
      const { id, state } = subscription
      const known = here.get(id)
      if (known === undefined) {
        // Most unknown ones have ended or belong to nobody here, so they are not fetched one by
        // one.
        const isNew = !ENDED.includes(state.status)
        const outcome = isNew ? await takeIn(means, subscription, knowledge, null) : 'keep'
        if (outcome === 'take') mended.push({ id, before: null, after: state })
      } else if (isSame(known.state, state)) {
        differing.delete(id)
        // The prices may mean other plans now, or a licence may be due for another reason.
        const heard = billOf(state, at, knowledge)
        const isOff = await resync(means, id, heard)
        if (isOff) mended.push({ id, before: known.state, after: state })
        const earlier = await askOfEarlier(stripe, state, billsAfter(known.bills, heard))
        const isOther = earlier.length > 0 && (await resync(means, id, earlier))
        if (isOther && !isOff) mended.push({ id, before: known.state, after: state })
      }
    })
  }
  for (const id of differing) {
    const before = here.get(id)?.state
    if (before === undefined || failed.some((one) => one.id === id)) continue
    await attempt(id, async () => {
      if ((await refresh(means, stripe, id)) === 'missing') missing.push(id)
      const after = await stateHere(db, id)
      if (after !== null && !isSame(before, after)) mended.push({ id, before, after })
    })
  }
  return { checked, mended, missing, failed }
}

/** A reason that never quotes data, as messages of errors might. */
function reasonOf(error: unknown): string {
  if (error instanceof OldAnswer) return 'Stripe shows old data'
  if (error instanceof UnreadableSubscription) return error.message
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  return code ?? (statusCode === undefined ? 'unknown' : `status ${statusCode}`)
}

interface Listed {
  listed: Stripe.Subscription
  at: number
}

/** @param customer lists only the subscriptions of this Stripe customer */
export async function* listAll(stripe: StripeCalls, customer?: string): AsyncGenerator<Listed> {
  const expand = SHOWN.map((path) => `data.${path}`)
  let after: string | undefined
  do {
    const page = await stripe.ask((sdk, options) =>
      sdk.subscriptions.list(
        {
          status: 'all',
          limit: PAGE,
          expand,
          ...(customer !== undefined && { customer }),
          ...(after !== undefined && { starting_after: after }),
        },
        options,
      ),
    )
    const at = answeredAt(page.lastResponse.headers)
    yield* page.data.map((listed) => ({ listed, at }))
    after = page.has_more ? page.data.at(-1)?.id : undefined
  } while (after !== undefined)
}

interface Here {
  state: SubscriptionState
  bills: Bill[]
}

async function openHere(db: Database): Promise<Map<string, Here>> {
  const rows = await db
    .select()
    .from(subscriptions)
    .where(notInArray(subscriptions.status, [...ENDED]))
  return new Map(rows.map((row) => [row.id, { state: stateOf(row), bills: row.bills }]))
}

async function stateHere(db: Database, id: string): Promise<SubscriptionState | null> {
  const [row] = await db.select().from(subscriptions).where(eq(subscriptions.id, id))
  return row === undefined ? null : stateOf(row)
}

/** Whether anything differed from Stripe's data or could not be compared. */
export function differs({ mended, missing, failed }: Reconciliation): boolean {
  return mended.length + missing.length + failed.length > 0
}

/** One line if nothing differs, otherwise the differences. */
export function describeReconciliation(found: Reconciliation): string {
  const { checked, mended, missing, failed } = found
  if (!differs(found)) return `${checked} subscriptions match Stripe's.\n`
  return [
    ...mended.map(({ id, before, after }) =>
      before !== null && isSame(before, after)
        ? `Mended ${id}: its licences`
        : `Mended ${id}: ${before?.status ?? 'unknown'} to ${after.status}`,
    ),
    ...missing.map((id) => `Unknown to Stripe: ${id}`),
    ...failed.map(({ id, reason }) => `Not compared: ${id}, ${reason}`),
  ]
    .map((line) => `${line}\n`)
    .join('')
}
