import { verifyLedger } from '../../src/funds/verify.ts'
import { connect } from '../../src/database/connect.ts'
import type { moneyClients } from '../support/money-clients.ts'
import type { DrillReport } from './report.ts'

type Clients = ReturnType<typeof moneyClients>

export function noteAnswers(report: DrillReport, clients: Clients): void {
  for (const [answer, count] of Object.entries(clients.answers)) {
    report.note(`  answered ${answer.trim()}`, count)
  }
}

/** Whether what the clients were told is what the ledger has, once their open calls are repeated. */
export async function judgeLedger(
  report: DrillReport,
  clients: Clients,
  url: string,
): Promise<void> {
  const unknown = clients.open.size
  await clients.resolve()
  const config = { url, ssl: 'disable', ca: undefined } as const
  const sql = connect(config, { name: 'drill', connectionsMax: 1 })
  try {
    const rows = await sql<{ key: string; made: string }[]>`
      select t.idempotency_key as key, concat_ws(' ', t.kind, t.amount, a.user_id) as made
      from transfers t join accounts a on a.id = t.account_id
      where t.idempotency_key like 'client-%'`
    const ledger = new Map(rows.map(({ key, made }) => [key, made]))
    const lost = [...clients.acknowledged.keys()].filter(
      ({ key, kind, amount, userId }) => ledger.get(key) !== `${kind} ${amount} ${userId}`,
    )
    const { findings } = await verifyLedger(sql)
    const acknowledged = clients.acknowledged.size
    report.expect('transfers acknowledged', acknowledged, acknowledged > 0)
    report.expect('  of these lost or other than asked for', lost.length, lost.length === 0)
    const twice = rows.length - ledger.size
    report.expect('keys in the ledger twice', twice, twice === 0)
    const untold = ledger.size - acknowledged
    report.expect('transfers that nobody was told of', untold, untold === 0)
    report.note('outcomes unknown at the end of the load', unknown)
    report.expect(
      '  of these unknown still, when repeated',
      clients.open.size,
      clients.open.size === 0,
    )
    report.expect(
      'answers that are neither 200, 402 nor 503',
      clients.wrong.length,
      clients.wrong.length === 0,
    )
    report.expect('findings of ledger verify', findings.length, findings.length === 0)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
