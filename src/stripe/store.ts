import type postgres from 'postgres'
import { column, jsonColumn } from '../database/arrays.ts'
import { isConnectionLost } from '../database/faults.ts'
import { committing } from '../database/outcomes.ts'
import type { StripeEventRow } from './inbox.ts'

/**
 * Adds the job that applies the event of a row. The queue tries it 25 times, over some days; an event
 * that fails by its own fault is parked long before.
 */
export const ADD_JOB = `
  graphile_worker.add_job('apply_stripe_event', json_build_object('id', id),
    job_key := 'stripe_event ' || id, max_attempts := 25)`

type Outcome = PromiseSettledResult<void>

/**
 * Stores events and adds the job for each new one, in one statement. Stripe repeats an event until it
 * is answered; its id makes it count once. If a batch fails, its events are stored one by one.
 */
export async function storeEvents(
  sql: postgres.Sql,
  events: readonly StripeEventRow[],
): Promise<Outcome[]> {
  try {
    await committing(() => insert(sql, events))
    return events.map(() => ({ status: 'fulfilled', value: undefined }))
  } catch (reason) {
    if (events.length === 1 || isConnectionLost(reason)) {
      return events.map(() => ({ status: 'rejected', reason }))
    }
    const outcomes: Outcome[] = []
    for (const event of events) outcomes.push(...(await storeEvents(sql, [event])))
    return outcomes
  }
}

async function insert(sql: postgres.Sql, events: readonly StripeEventRow[]): Promise<void> {
  await sql`
    with stored as (
      insert into stripe_events (id, type, livemode, api_version, created_at, payload)
      select * from unnest(
        ${column(events, (event) => event.id)}::text[],
        ${column(events, (event) => event.type)}::text[],
        ${column(events, (event) => event.livemode)}::boolean[],
        ${column(events, (event) => event.apiVersion)}::text[],
        ${column(events, (event) => event.createdAt)}::timestamptz[],
        ${jsonColumn(events, (event) => event.payload)}::jsonb[]
      )
      on conflict (id) do nothing
      returning id
    )
    select ${sql.unsafe(ADD_JOB)} from stored`
}
