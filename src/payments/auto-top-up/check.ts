import type postgres from 'postgres'
import { type Facts, type Line, counted, pass, warning } from '../../doctor/check.ts'

/**
 * For `doctor`: automatic top-ups whose payment may have been made, though Stripe does not know of it,
 * until they are enabled again. One that is paused for that has one such payment.
 */
export async function checkAutoTopUps(_facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ parked: number }[]>`
    select count(*)::int as parked from auto_top_ups s
    where s.paused_reason = 'outcome_unknown' and exists (
      select from auto_top_up_intents i where i.account_id = s.account_id and i.status = 'parked'
    )`
  const parked = row?.parked ?? 0
  return [
    parked === 0
      ? pass('auto top-ups', 'none is parked')
      : warning(
          'auto top-ups',
          `${counted(parked, 'payment')} with an unknown outcome, which Stripe does not list`,
          "look for them at Stripe, then enable the users' auto top-up again",
        ),
  ]
}
