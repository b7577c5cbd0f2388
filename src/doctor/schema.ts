import { accessSync, constants } from 'node:fs'
import type postgres from 'postgres'
import { openCheckpoint } from '../audit/verifier.ts'
import { LOCK_CLASS } from '../jobs/recovery.ts'
import { pendingMigrations } from '../database/migrate.ts'
import { openKeyRing } from '../keys/index.ts'
import {
  type Facts,
  type Group,
  type Line,
  type RecordCheck,
  counted,
  failure,
  pass,
  unseen,
  warning,
} from './check.ts'
import { privileges, triggers } from './guards.ts'
import { publishedLog } from './published-log.ts'

const EVENT_AGE_S_MAX = 300
const AUDIT_DELAY_S_MAX = 60

const LOOK = 'the connection above comes first'

/** The content of the database: its schema and guards, the ledger, and pending work. */
export const schema: Group = {
  title: 'Schema and records',
  examine: async (facts) => {
    const { sql } = facts
    if (sql === null) return [unseen('schema', 'can not be read without the database', LOOK)]
    const lacking = await pendingMigrations(facts.config.database)
    if (lacking > 0) {
      const advice = '`strongroom migrate`; what follows from it is not checked'
      return [failure('migrations', `${counted(lacking, 'migration')} lacking`, advice)]
    }
    const lines = [
      pass('migrations', 'up to date'),
      await triggers(facts, sql),
      ...(await privileges(sql)),
    ]
    const own: RecordCheck[] = [auditLog, stripeEvents, jobs]
    for (const check of [...own, ...facts.examinables.flatMap(({ checks = [] }) => checks)]) {
      lines.push(...(await check(facts, sql)))
    }
    return lines
  },
}

async function auditLog(facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const { config } = facts
  const [row] = await sql<{ may: boolean; age_s: number | null; token: string | null }[]>`
    select has_table_privilege('audit_records', 'INSERT') as may,
      (select extract(epoch from now() - min(r.timestamp))::int from audit_queue q
        join audit_records r on r.id = q.record_id) as age_s,
      (select token from audit_checkpoints order by size desc, id desc limit 1) as token`
  if (row?.may !== true) {
    const reason = 'can not be written: every change is refused with 503'
    return [failure('audit log', reason, 'grant insert on audit_records to the role')]
  }
  return [
    auditDelay(row.age_s),
    await checkpoint(config, row.token),
    copies(config),
    ...(await publishedLog(facts, sql)),
  ]
}

function auditDelay(ageS: number | null): Line {
  if (ageS === null || ageS <= AUDIT_DELAY_S_MAX) {
    return pass(
      'audit log',
      `can be written, and ${ageS === null ? 'no record' : 'nothing old'} waits`,
    )
  }
  const reason = `a record waits since ${ageS} seconds to be put into it`
  return warning('audit log', reason, 'see the log of the service for the audit log')
}

async function checkpoint({ keys }: Facts['config'], token: string | null): Promise<Line> {
  if (token === null) {
    const advice = 'ask for one, GET /api/audit/checkpoint, and keep it elsewhere'
    return unseen('checkpoint', 'none has been signed yet', advice)
  }
  const { jwks } = await openKeyRing(keys)
  const opened = await openCheckpoint(token, jwks)
  if (opened === null) {
    const reason = 'the newest does not verify with the keys of these settings'
    return failure('checkpoint', reason, 'add the key that signed it to LICENSE_PREVIOUS_KEY_PATHS')
  }
  return pass('checkpoint', `the newest, of ${counted(opened.size, 'record')}, verifies`)
}

/**
 * Anyone who can write to the database can cut off the log's end: only a copy elsewhere reveals it.
 */
function copies({ auditCheckpointDir: folder }: Facts['config']): Line {
  if (folder === undefined) {
    const advice = 'set AUDIT_CHECKPOINT_DIR to a folder on another machine'
    return warning('checkpoint copies', 'none is kept outside the database', advice)
  }
  try {
    accessSync(folder, constants.W_OK)
    return pass('checkpoint copies', 'are written outside the database')
  } catch {
    const advice = 'make the folder of AUDIT_CHECKPOINT_DIR, for the user of the service'
    return failure('checkpoint copies', 'their folder can not be written', advice)
  }
}

async function stripeEvents({ config }: Facts, sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ parked: number; age_s: number | null }[]>`
    select (count(*) filter (where status = 'parked'))::int as parked,
      extract(epoch from now() - min(received_at) filter (where status = 'pending'))::int as age_s
    from stripe_events where status in ('pending', 'parked')`
  const { parked = 0, age_s: ageS = null } = row ?? {}
  if (parked > 0) {
    const advice = '`strongroom events list --status parked`, then `strongroom events replay <id>`'
    return [warning('stripe events', `${counted(parked, 'event')} failed again and again`, advice)]
  }
  if (ageS !== null && ageS > EVENT_AGE_S_MAX) {
    const advice = config.runJobs ? 'see the log of the service' : 'start `node dist/worker.js`'
    return [warning('stripe events', `one waits since ${Math.floor(ageS / 60)} minutes`, advice)]
  }
  return [pass('stripe events', 'none waits or has failed')]
}

async function jobs(_facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ workers: number; failed: number }[]>`
    select (select count(*)::int from pg_locks where locktype = 'advisory' and objsubid = 2
        and classid = ${LOCK_CLASS}
        and database = (select oid from pg_database where datname = current_database())) as workers,
      (select count(*)::int from graphile_worker.jobs where attempts >= max_attempts) as failed`
  const { workers = 0, failed = 0 } = row ?? {}
  return [
    workers > 0
      ? pass('workers', `run by ${counted(workers, 'process', 'processes')}`)
      : warning(
          'workers',
          'no process runs the background jobs',
          'start the service, or `node dist/worker.js`',
        ),
    failed === 0
      ? pass('jobs', 'none was given up')
      : warning('jobs', `${counted(failed, 'job')} given up`, 'select * from graphile_worker.jobs'),
  ]
}
