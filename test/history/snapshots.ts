import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../../src/database/connect.ts'
import { configOf } from '../support/database.ts'
import type { Recorder, Snapshot } from './recorder.ts'

const BETWEEN_MS = 300

/** The whole ledger of some accounts, in one statement and so at one moment. */
async function look(url: string, accounts: readonly string[]): Promise<Snapshot> {
  const sql = connect(configOf(url), { name: 'history', connectionsMax: 1 })
  try {
    const [row] = await sql<{ accounts: Snapshot['accounts']; system: Snapshot['system'] }[]>`
      with mine as (
        select id, user_id, seq, balance, held from accounts where user_id = any(string_to_array(${accounts.join(' ')}, ' '))
      ),
      sides as (
        select s.system, sum(case when t.credit_account_id = s.id then t.amount else -t.amount end)
        from mine join transfers t on t.account_id = mine.id
        join accounts s on s.system is not null and s.id in (t.debit_account_id, t.credit_account_id)
        group by s.system
      )
      select
        (select json_object_agg(user_id, json_build_object('seq', seq, 'balance', balance, 'held', held))
          from mine) as accounts,
        (select coalesce(json_object_agg(system, sum), '{}') from sides) as system`
    if (row === undefined) throw new Error('There is no row')
    return row
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Records a snapshot. @throws when the database is away */
export async function takeSnapshot(
  recorder: Recorder,
  url: string,
  accounts: readonly string[],
): Promise<void> {
  const call = recorder.now()
  const snapshot = await look(url, accounts)
  recorder.record({ client: 0, call, snapshot })
}

/** Records snapshots, one after the other, as long as a round goes on. */
export async function takeSnapshots(
  recorder: Recorder,
  url: () => string,
  accounts: readonly string[],
  goesOn: () => boolean,
): Promise<void> {
  while (goesOn()) {
    // While the database is away there is nothing to see.
    await takeSnapshot(recorder, url(), accounts).catch(() => undefined)
    await delay(BETWEEN_MS)
  }
}
