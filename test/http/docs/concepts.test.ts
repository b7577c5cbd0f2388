import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGuide } from '../../../src/http/docs/guides.ts'
import { EFFECTS } from '../../../src/funds/posting.ts'
import { holds } from '../../../src/funds/tables.ts'
import { ENDED, STATUSES, WITH_ACCESS } from '../../../src/subscriptions/state.ts'
import { asAdmin } from '../../support/database.ts'
import { startService } from '../../support/service.ts'

const GUIDE = readGuide('concepts')

/** From a heading to the next one, of whatever level. */
function section(heading: string): string {
  const start = GUIDE.indexOf(`${heading}\n`)
  assert.ok(start !== -1, heading)
  const end = GUIDE.indexOf('\n#', start + heading.length)
  return GUIDE.slice(start, end === -1 ? undefined : end)
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) => {
    return line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim())
  })
}

interface Entry {
  number: number
  side: 'debit' | 'credit'
  account: string
  amount: number
}

/** The numbered amounts of the T-accounts in a section: each bar has its debits left, its credits right. */
function entriesOf(heading: string): Entry[] {
  const [, picture = ''] = /```text\n(.*?)```/s.exec(section(heading)) ?? []
  const lines = picture.split('\n')
  const names = lines[0]?.trim().split(/\s+/) ?? []
  return lines.slice(3).flatMap((line) => {
    const bars = [...line.matchAll(/│/g)].map(({ index }) => index)
    return bars.flatMap((bar, column) => {
      const account = names[column] ?? ''
      const from = column === 0 ? 0 : ((bars[column - 1] ?? 0) + bar) / 2
      const to = column + 1 < bars.length ? (bar + (bars[column + 1] ?? 0)) / 2 : undefined
      const cells = { debit: line.slice(from, bar), credit: line.slice(bar + 1, to) } as const
      return (['debit', 'credit'] as const).flatMap((side) => {
        const [, number] = /\((\d)\)/.exec(cells[side]) ?? []
        if (number === undefined) return []
        const amount = Number(cells[side].replace(/\(\d\)/, ''))
        return [{ number: Number(number), side, account, amount }]
      })
    })
  })
}

test('the T-accounts of the guide are those of the ledger', async (t) => {
  const service = await startService(t)
  const post = async (path: string, body: object) => {
    const answer = await service.asInternal('POST', path, body)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  const user_id = 'user-123'
  await post('/account', { user_id, tier: 'pro' })
  await post('/top_up', { user_id, amount: 1_000 })
  const charge = await post('/deduct', { user_id, amount: 400 })
  await post('/refund', { transfer_id: charge.transfer_id, amount: 150 })
  const hold = await post('/holds', { user_id, amount: 300 })
  const captured = await post(`/holds/${hold.hold_id}/capture`, { amount: 120 })

  const moved = await asAdmin(
    service.database.adminUrl,
    (sql) => sql<{ number: number; debit: string; credit: string; amount: number }[]>`
      select t.seq::integer as number, t.amount::integer,
        coalesce(d.user_id, d.system) as debit, coalesce(c.user_id, c.system) as credit
      from transfers t
      join accounts d on d.id = debit_account_id join accounts c on c.id = credit_account_id
      order by t.seq`,
  )
  const inOrder = (entries: Entry[]) =>
    entries
      .map(({ number, side, account, amount }) => `${number} ${side} ${account} ${amount}`)
      .toSorted()
  const entries = moved.flatMap(({ number, amount, debit, credit }): Entry[] => [
    { number, amount, side: 'debit', account: debit },
    { number, amount, side: 'credit', account: credit },
  ])
  const shown = [...entriesOf('### A charge and a refund'), ...entriesOf('### A hold')]
  assert.equal(entries.length, 12)
  assert.deepEqual(inOrder(shown), inOrder(entries))

  const after = rowsOf(section('### A hold')).at(-1)
  assert.deepEqual(after?.slice(1), [String(captured.balance), '0', String(captured.available)])
})

test('the guide has every kind of transfer, with its sides and its effect', () => {
  const sign = (effect: bigint) => ({ '-1': '−', 0: '', 1: '+' })[String(effect)]
  const expected = Object.entries(EFFECTS).map(([kind, { debit, credit, balance, held }]) => {
    return [kind, debit, credit, sign(balance), sign(held)]
  })
  const rows = rowsOf(section('### Every kind of transfer')).map((row) => row.slice(0, 5))
  const lines = (cells: unknown[][]) => cells.map((row) => row.join(' | ')).toSorted()
  assert.deepEqual(lines(rows), lines(expected))
})

test('the guide has every state of a hold and of a subscription', () => {
  const picture = section('## The states of a hold')
  for (const status of holds.status.enumValues) assert.match(picture, new RegExp(`\\b${status}\\b`))

  const rows = rowsOf(section('## The states of a subscription'))
  const statesWhere = (holdsTrue: RegExp) =>
    rows
      .filter(([, access = '']) => holdsTrue.test(access))
      .flatMap(([names = '']) => names.split(', '))
  assert.deepEqual(statesWhere(/./).toSorted(), [...STATUSES].toSorted())
  assert.deepEqual(statesWhere(/^yes/).toSorted(), [...WITH_ACCESS].toSorted())
  assert.deepEqual(statesWhere(/final/).toSorted(), [...ENDED].toSorted())
})
