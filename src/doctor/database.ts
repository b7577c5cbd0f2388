import type postgres from 'postgres'
import { isLocalDatabase } from '../database/hosts.ts'
import { CONNECTIONS_MAX } from '../database/kinds.ts'
import { SessionsShared, requireSessions } from '../database/pooler.ts'
import { type Facts, type Group, type Line, failure, pass, unseen, warning } from './check.ts'

const VERSION_MIN = 15
const SKEW_MS_MAX = 2_000

/** The server: who can connect, how, and whether acknowledged commits are durable. */
export const database: Group = {
  title: 'Database',
  examine: async (facts) => {
    const { sql, databaseFault } = facts
    if (sql === null) {
      const advice = 'check DATABASE_URL and DATABASE_SSL; what follows from it is not checked'
      return [failure('connection', databaseFault, advice)]
    }
    return [
      pass('connection', 'answers'),
      await sessions(facts),
      ...(await server(sql)),
      await tls(facts, sql),
      await role(sql),
      ...(await durability(sql)),
      await clock(sql),
      await room(sql, facts.config.processes),
      ...(await archive(sql)),
    ]
  },
}

async function sessions({ config }: Facts): Promise<Line> {
  try {
    await requireSessions(config.database)
    return pass('sessions', 'each connection has one of its own, which keeps what it sets')
  } catch (error) {
    if (!(error instanceof SessionsShared)) throw error
    return failure('sessions', error.reason, error.advice)
  }
}

async function server(sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ version: number; standby: boolean; checksums: boolean }[]>`
    select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
      current_setting('data_checksums') = 'on' as checksums`
  const major = Math.floor((row?.version ?? 0) / 10_000)
  return [
    major >= VERSION_MIN
      ? pass('version', `PostgreSQL ${major}`)
      : failure('version', `PostgreSQL ${major} is too old`, `move to ${VERSION_MIN} or newer`),
    row?.standby === false
      ? pass('primary', 'takes writes')
      : failure(
          'primary',
          'this is a standby, which takes none',
          'point DATABASE_URL at the primary',
        ),
    row?.checksums === true
      ? pass('checksums', 'a page that the disk has spoilt is noticed')
      : warning('checksums', 'are off', 'stop the server and run `pg_checksums --enable` on it'),
  ]
}

async function tls({ config, environment: env }: Facts, sql: postgres.Sql): Promise<Line> {
  const [row] = await sql<{ ssl: boolean; version: string | null }[]>`
    select ssl, version from pg_stat_ssl where pid = pg_backend_pid()`
  if (row?.ssl === true && config.database.ssl === 'verify-full') {
    return pass('tls', `${row.version}, and the server's certificate is verified`)
  }
  if (isLocalDatabase(config.database.url ?? '')) {
    return pass('tls', 'none, and the connection does not leave this machine')
  }
  const reason =
    row?.ssl === true ? 'the certificate is not verified' : 'the connection is plain text'
  const isSet = env['DATABASE_SSL'] !== undefined
  return failure(
    'tls',
    reason,
    `set DATABASE_SSL=verify-full${isSet ? '' : ', and a DATABASE_CA_FILE'}`,
  )
}

/** What a role has beyond any one database; what it can do to the tables stands with the schema. */
async function role(sql: postgres.Sql): Promise<Line> {
  const [row] = await sql<{ powers: string[] }[]>`
    select array_remove(array[
        case when rolsuper then 'superuser' end,
        case when rolbypassrls then 'bypassrls' end,
        case when rolcreaterole then 'createrole' end,
        case when rolcreatedb then 'createdb' end,
        case when rolreplication then 'replication' end
      ], null)::text as powers
    from pg_roles where rolname = current_user`
  const powers = String(row?.powers ?? '').replace(/[{}]/g, '')
  if (powers === '') return pass('role', 'may do nothing beyond its own database')
  const advice =
    'give the service a role made by `create role … login`, as deploy/create-database.sql does'
  const reason = `has more power than it needs: ${powers.replaceAll(',', ', ')}`
  return /superuser|createrole/.test(powers)
    ? failure('role', `${reason}; no revoked privilege binds it`, advice)
    : warning('role', reason, advice)
}

async function durability(sql: postgres.Sql): Promise<Line[]> {
  const rows = await sql<{ name: string; setting: string }[]>`
    select name, setting from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name`
  return rows.map(({ name, setting }) => {
    if (setting === 'off') {
      return failure(
        name,
        'is off: confirmed money may be lost in a crash',
        `alter system set ${name} = on`,
      )
    }
    return pass(name, setting)
  })
}

async function clock(sql: postgres.Sql): Promise<Line> {
  const sentAt = Date.now()
  const [row] = await sql<{ ms: string }[]>`
    select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms`
  const roundTripMs = Date.now() - sentAt
  const skewMs = Math.round(Number(row?.ms) - (sentAt + roundTripMs / 2))
  const apart = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's`
  if (Math.abs(skewMs) <= SKEW_MS_MAX + roundTripMs)
    return pass('clock', `the server's is ${apart}`)
  const advice = 'run an NTP client (chrony, systemd-timesyncd) on both machines'
  return failure('clock', `the server's is ${apart}`, advice)
}

async function room(sql: postgres.Sql, processes: number): Promise<Line> {
  // Of other roles' sessions a role sees the user and the database, but not the type.
  const [row] = await sql<{ free: number; max: number }[]>`
    select (current_setting('max_connections')::int
      - current_setting('superuser_reserved_connections')::int
      - (select count(*) from pg_stat_activity
        where usesysid is not null and datid is not null
          and coalesce(backend_type, 'client backend') = 'client backend'))::int as free,
      current_setting('max_connections')::int as max`
  const { free = 0, max = 0 } = row ?? {}
  const reason = `${free} of ${max} are free; ${
    processes === 1 ? 'a process' : `${processes} processes`
  } of the service take${processes === 1 ? 's' : ''} up to ${processes * CONNECTIONS_MAX}`
  return free >= processes * CONNECTIONS_MAX
    ? pass('connections', reason)
    : warning('connections', reason, 'raise max_connections before starting another process')
}

/** Judges backups by the server's report on its WAL archive; a dump leaves no trace there. */
async function archive(sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<
    { mode: string; failing: boolean; archived: number; lag_s: number | null }[]
  >`
    select current_setting('archive_mode') as mode, archived_count::int as archived,
      coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing,
      extract(epoch from now() - last_archived_time)::int as lag_s
    from pg_stat_archiver`
  const setUp = 'deploy/backup says how to archive it and to make base backups'
  if (row === undefined || row.mode === 'off') {
    return [failure('wal archive', 'is off: only what the last dump holds comes back', setUp)]
  }
  if (row.failing) {
    return [
      failure('wal archive', 'the last try failed', "see the server's log, and archive_command"),
    ]
  }
  if (row.archived === 0 || row.lag_s === null) {
    return [
      warning(
        'wal archive',
        'nothing has been archived yet',
        'select pg_switch_wal(), then look again',
      ),
    ]
  }
  if (row.lag_s > 86_400) {
    const reason = `the last file is ${Math.floor(row.lag_s / 3_600)} hours old`
    return [
      warning('wal archive', reason, 'set archive_timeout, so that a quiet hour is archived too'),
    ]
  }
  return [
    pass('wal archive', `the last file went ${Math.floor(row.lag_s / 60)} minutes ago`),
    unseen(
      'restore',
      'that a backup restores is shown by restoring it',
      'monthly: deploy/backup/restore into another folder, then `strongroom ledger verify` on it',
    ),
  ]
}
