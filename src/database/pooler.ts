import type postgres from 'postgres'
import type { DatabaseConfig } from './config.ts'
import { connect } from './connect.ts'
import { COMMAND, settingsOf } from './kinds.ts'

/**
 * A pooler that shares sessions among transactions shows it in the first round, if it is otherwise
 * idle.
 */
const ROUNDS = 5

const ADVICE =
  'Strongroom keeps locks, prepared statements and settings in its sessions: point DATABASE_URL at ' +
  'PostgreSQL itself, or at a pooler in session mode (pgbouncer: pool_mode = session) with room for ' +
  'all of its connections.'

/** A pooler in front of the database does not give each connection its own session. */
export class SessionsShared extends Error {
  readonly reason: string
  readonly advice = ADVICE

  constructor(reason: string) {
    super(`${reason}. ${ADVICE}`)
    this.reason = reason
  }
}

/**
 * Checks that each connection is a session: two connections never share a server process, neither
 * changes it between transactions, and settings persist.
 * @throws SessionsShared with advice
 */
export async function requireSessions(config: DatabaseConfig): Promise<void> {
  const pair = [open(config), open(config)] as const
  try {
    const first = [await pidOf(pair[0]), await pidOf(pair[1])]
    for (let round = 0; round < ROUNDS; round++) {
      const now = [await pidOf(pair[0]), await pidOf(pair[1])]
      if (now[0] === now[1]) throw new SessionsShared('Two connections share one database session')
      if (now.some((pid, index) => pid !== first[index])) {
        throw new SessionsShared('A connection changes its database session between transactions')
      }
    }
    await requireSettings(pair[0])
  } finally {
    await Promise.all(pair.map((sql) => sql.end({ timeout: 5 })))
  }
}

function open(config: DatabaseConfig): postgres.Sql {
  return connect(config, { name: 'start', connectionsMax: 1 })
}

/** Sent as text, because a pooler may not keep prepared statements. */
async function pidOf(sql: postgres.Sql): Promise<number | undefined> {
  const [row] = await sql.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid')
  return row?.pid
}

async function requireSettings(sql: postgres.Sql): Promise<void> {
  for (const [name, asked] of Object.entries(settingsOf(COMMAND))) {
    // Times have no unit there: they are in milliseconds.
    const [row] = await sql.unsafe<{ same: boolean; is: string }[]>(
      `select setting = '${asked.replace(/ms$/, '')}' as same, current_setting(name) as is
       from pg_settings where name = '${name}'`,
    )
    if (row?.same !== true) {
      throw new SessionsShared(`${name} is ${row?.is}, and not what the connection has set`)
    }
  }
}
