import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Database, Transaction } from '../database/index.ts'
import { type StripeCalls, isMissingAtStripe } from '../stripe/client.ts'
import { Refusal } from '../refusals/index.ts'

export interface Prices {
  /** In the plan's order. */
  current: string[]
  former: string[]
}

type Reader = Pick<Database | Transaction, 'execute'>

/** An arbitrary constant, different from that of other advisory locks with two numbers. */
const LOCK_CLASS = 5_746_106

/** The caller of a PUT waits, and the plan works without Stripe's answer. */
const ASK = { timeout: 1_500, maxNetworkRetries: 0 } as const

/** How many prices of a plan are read and shown: each PUT may add a hundred to the former ones. */
const SHOWN_MAX = 1_000

/** The prices of each of these plans; of very many, the current ones and the newest former ones. */
export async function pricesOf(
  db: Reader,
  planIds: readonly string[],
): Promise<Map<string, Prices>> {
  const rows = await db.execute<{ plan: string; price: string; position: number | null }>(sql`
    select plan_id as plan, price_id as price, position from (
      select m.plan_id, m.price_id, m.position, row_number() over (
        partition by m.plan_id order by m.position, p.since desc, m.price_id
      ) as place
      from price_meanings m left join plan_prices p on p.price_id = m.price_id
      where m.plan_id = any(${array(planIds)}::text[])
    ) prices
    where place <= ${SHOWN_MAX}::int
    order by plan_id, position, price_id`)
  const prices = new Map(planIds.map((id): [string, Prices] => [id, { current: [], former: [] }]))
  for (const { plan, price, position } of rows) {
    prices.get(plan)?.[position === null ? 'former' : 'current'].push(price)
  }
  return prices
}

/**
 * Those of these prices that do not mean the plan yet. Until the commit no other plan gets prices.
 * @throws Refusal `PRICE_TAKEN` when another plan has one of them
 */
export async function changesOf(
  tx: Transaction,
  planId: string,
  prices: readonly string[],
): Promise<string[]> {
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCK_CLASS}, 0)`)
  const known = await tx.execute<{ price: string; plan: string; isFormer: boolean }>(sql`
    select price_id as price, plan_id as plan, position is null as "isFormer" from price_meanings
    where price_id = any(${array(prices)}::text[])`)
  if (known.some(({ plan, isFormer }) => plan !== planId && !isFormer)) {
    throw new Refusal('PRICE_TAKEN')
  }
  const own = new Set(known.filter(({ plan }) => plan === planId).map(({ price }) => price))
  // Gives a price that only the previous version has written a row of its own.
  await tx.execute(sql`
    insert into plan_prices (price_id, plan_id)
    select stripe_price_id, id from plans where id = ${planId} and stripe_price_id is not null
    on conflict do nothing`)
  return prices.filter((price) => !own.has(price))
}

/** Gives the plan its prices; other prices that it had become former ones. */
export async function writePrices(
  tx: Transaction,
  planId: string,
  prices: readonly string[],
): Promise<void> {
  const given = array(prices)
  await tx.execute(sql`
    update plan_prices set position = null
    where plan_id = ${planId} and position is not null and price_id <> all(${given}::text[])`)
  await tx.execute(sql`
    insert into plan_prices as known (price_id, plan_id, position)
    select price, ${planId}, place - 1 from unnest(${given}::text[]) with ordinality as given (price, place)
    on conflict (price_id) do update set
      plan_id = excluded.plan_id,
      position = excluded.position,
      since = case when known.plan_id = excluded.plan_id then known.since else excluded.since end`)
}

/**
 * Adds a job for each open subscription with one of these prices, which reads it again.
 * @returns how many subscriptions there are
 */
export async function followPrices(tx: Transaction, prices: readonly string[]): Promise<number> {
  if (prices.length === 0) return 0
  const sought = array(prices)
  const jobs = await tx.execute(sql`
    select graphile_worker.add_job('refresh_subscription', json_build_object('id', s.id),
      job_key := 'refresh_subscription ' || s.id, max_attempts := 25)
    from subscriptions s
    where s.ended_at is null and (
      s.stripe_price_id = any(${sought}::text[]) or exists (
        select from jsonb_array_elements(coalesce(s.items, '[]') || coalesce(s.held_items, '[]')) item
        where item->>'price' = any(${sought}::text[])
      )
    )`)
  return jobs.length
}

/**
 * Asks Stripe whether it knows the prices of a plan. That includes prices that the plan already
 * has: they may have been added while Stripe did not answer, because then any price is accepted.
 * @throws Refusal `PRICE_UNKNOWN`
 */
export async function refuseUnknownPrices(
  stripe: StripeCalls,
  prices: readonly string[],
): Promise<void> {
  const answers = await Promise.allSettled(
    prices.map((price) => stripe.ask((sdk) => sdk.prices.retrieve(price, {}, ASK))),
  )
  const isUnknown = (answer: PromiseSettledResult<unknown>) =>
    answer.status === 'rejected' && isMissingAtStripe(answer.reason)
  if (answers.some(isUnknown)) throw new Refusal('PRICE_UNKNOWN')
}
