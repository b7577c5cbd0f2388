import { connect } from '../database/connect.ts'
import { CONNECTIONS_MAX, KINDS, type Kind, type KindName } from '../database/kinds.ts'
import { messageOf } from '../database/outages.ts'
import { type Facts, type Group, type Line, counted, failure, pass } from './check.ts'

/** Opens each kind of connection once, with its bounds: any of them may be refused separately. */
export const connections: Group = {
  title: `Connections, ${CONNECTIONS_MAX} of a process at most`,
  examine: async (facts) => {
    if (facts.sql === null) return []
    const lines: Line[] = []
    for (const name of Object.keys(KINDS) as KindName[]) lines.push(await lineOf(facts, name))
    return lines
  },
}

async function lineOf({ config }: Facts, name: KindName): Promise<Line> {
  const kind: Kind = KINDS[name]
  const sql = connect(config.database, name, 1)
  try {
    const [row] = await sql<{ lock: string; statement: string; idle: string }[]>`
      select current_setting('lock_timeout') as lock,
        current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`
    const rows = kind.rowsMax === null ? '' : `; ${counted(kind.rowsMax, 'row')} a transaction`
    const turns = kind.turns === undefined ? '' : `; ${counted(kind.turns.max, 'transaction')}`
    return pass(
      name,
      `${kind.connectionsMax} for ${kind.serves}${turns}${rows}; lock ${row?.lock}, statement ` +
        `${row?.statement}, idle in a transaction ${row?.idle}`,
    )
  } catch (error) {
    const reason = messageOf(error) ?? 'can not be opened'
    return failure(name, reason, 'give the role of DATABASE_URL, and max_connections, more room')
  } finally {
    await sql.end({ timeout: 5 })
  }
}
