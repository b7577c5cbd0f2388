import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin } from '../../support/database.ts'
import { lockRows } from '../../support/locks.ts'
import { assertRefused } from '../../support/refusals.ts'
import { type Service, startService } from '../../support/service.ts'
import { eventually } from '../../support/processes.ts'

type Row = Record<string, unknown>

const sumOf = (movements: Row[]) => movements.reduce((sum, one) => sum + Number(one['amount']), 0)

/** Cells of CSV, with what is quoted as it was. */
function cellsOf(text: string): string[][] {
  assert.ok(text.endsWith('\r\n'))
  return text
    .slice(0, -2)
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    )
}

async function open(service: Service, user_id: string, amount: number): Promise<void> {
  await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id, amount })
}

test('a statement adds up', async (t) => {
  const service = await startService(t)
  await open(service, 'ada', 1_000)
  const post = async (path: string, body: object): Promise<Row> =>
    (await service.asInternal('POST', path, body)).body
  const pause = () => new Promise((resolve) => setTimeout(resolve, 3))
  await pause()
  const first = await post('/deduct', {
    user_id: 'ada',
    amount: 100,
    reason: '=1+1',
    reference: 'a,"b"',
  })
  await pause()
  const hold = await post('/holds', { user_id: 'ada', amount: 300 })
  await pause()
  const captured = await post(`/holds/${String(hold['hold_id'])}/capture`, { amount: 200 })
  await pause()
  await post('/refund', { transfer_id: first['transfer_id'], amount: 40 })
  const statement = async (query = '') =>
    (await service.asInternal('GET', `/account/ada/statement${query}`)).body

  await t.test('whole, and of any time', async () => {
    const whole = await statement()
    assert.deepEqual(
      [whole.user_id, whole.asset, whole.opening, whole.closing],
      ['ada', 'USD/2', 0, 740],
    )
    assert.deepEqual(
      whole.movements.map(({ kind, amount }: Row) => [kind, amount]),
      [
        ['top_up', 1_000],
        ['deduct', -100],
        ['capture', -200],
        ['refund', 40],
      ],
    )
    assert.equal(whole.movements[2].target_id, hold['hold_id'])
    const [from, to] = [first['created_at'], captured['created_at']]
    // The first is in it, and the last not.
    const part = await statement(`?from=${String(from)}&to=${String(to)}`)
    assert.deepEqual(
      [part.opening, part.movements.map(({ amount }: Row) => amount), part.closing],
      [1_000, [-100], 900],
    )
    assert.deepEqual([part.from, part.to], [from, to])
    const head = await service.asInternal('HEAD', '/account/ada/statement')
    assert.equal(head.status, 405)
    const rest = await statement(`?from=${String(to)}`)
    assert.deepEqual([rest.opening, rest.closing], [900, 740])
    const before = await statement('?to=2020-01-01T00:00:00Z')
    assert.deepEqual([before.opening, before.movements, before.closing], [0, [], 0])
    const after = await statement('?from=2100-01-01T00:00:00Z')
    assert.deepEqual([after.opening, after.movements, after.closing], [740, [], 740])
  })

  await t.test('as CSV, in which no text is a formula', async () => {
    const answer = await service.asInternal('GET', '/account/ada/statement?format=csv')
    assert.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8')
    const [names, opening, ...rows] = cellsOf(answer.body)
    const closing = rows.pop()
    assert.deepEqual(names?.slice(0, 4), ['kind', 'created_at', 'amount', 'balance'])
    assert.deepEqual([opening?.[0], opening?.[2]], ['opening', '0'])
    assert.deepEqual([closing?.[0], closing?.[2], closing?.[3]], ['closing', '740', '740'])
    assert.deepEqual(
      rows.map((row) => row[2]),
      ['1000', '-100', '-200', '40'],
    )
    assert.deepEqual(rows[1]?.slice(7, 9), ["'=1+1", 'a,"b"'])
    const width = new Set([opening, ...rows, closing].map((row) => row?.length))
    assert.deepEqual(width, new Set([names?.length]))
  })

  await t.test('refusals', async () => {
    const ask = (path: string) => service.asInternal('GET', path)
    assertRefused(await ask('/account/nobody/statement'), 'ACCOUNT_NOT_FOUND')
    assertRefused(await ask('/account/ada/statement?format=xml'), 'VALIDATION_FAILED')
    assertRefused(await ask('/account/ada/statement?from=yesterday'), 'VALIDATION_FAILED')
    const wrong = '?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z'
    assertRefused(await ask(`/account/ada/statement${wrong}`), 'VALIDATION_FAILED')
  })
})

test('a long statement is streamed, and adds up while the account is charged', async (t) => {
  const service = await startService(t)
  await open(service, 'ada', 1_000_000)
  const count = 100_000
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      insert into transfers (
        account_id, seq, debit_account_id, credit_account_id, asset, amount, kind, balance_after,
        held_after, available_after, idempotency_key, fingerprint, reason, actor, created_at
      )
      select a.id, 1 + n, a.id, s.id, a.asset, 2, 'deduct', 1000000 - 2 * n, 0, 1000000 - 2 * n,
        'key-' || n, sha256('1'), repeat('x', 200), 'test', clock_timestamp()
      from accounts a cross join generate_series(1, ${count}::int) n
      join accounts s on s.system = 'revenue' and s.asset = a.asset
      where a.user_id = 'ada'`
    await sql`
      update accounts set seq = 1 + ${count}::int, balance = 1000000 - 2 * ${count}::int
      where user_id = 'ada'`
  })
  let isOn = true
  const charging = (async () => {
    for (let charges = 0; ; charges++) {
      const { status } = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
      assert.equal(status, 200)
      if (!isOn) return charges
    }
  })()
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5)
  const answer = await service.asInternal('GET', '/account/ada/statement')
  clearInterval(watch)
  isOn = false
  await charging
  const { opening, movements, closing } = answer.body
  assert.ok(movements.length > count)
  assert.equal(opening + sumOf(movements), closing)
  assert.equal(movements.at(-1).balance_after, closing)

  await t.test('and ends with its reader, who holds up nothing', async () => {
    const ending = new AbortController()
    const { body } = await fetch(`${service.origin}/account/ada/statement?format=csv`, {
      headers: { 'x-internal-token': 'internal-token-of-the-tests-0123456789ab' },
      signal: ending.signal,
    })
    assert.ok(body)
    await body.getReader().read()
    // Connections of the scope are free while the reader reads no further.
    const read = () => service.asInternal('GET', '/account/ada')
    const answers = await Promise.all(Array.from({ length: 8 }, read))
    assert.ok(answers.every(({ status }) => status === 200))
    ending.abort()
    assert.ok(await eventually(async () => (await read()).status === 200, 3_000))
  })
})

test('statements that follow one another have each movement once, whatever moves meanwhile', async (t) => {
  const first = await startService(t)
  const second = await startService(t, {}, first.database)
  await open(first, 'ada', 1_000_000)
  const stopping = new AbortController()
  const charge = async (service: Service) => {
    while (!stopping.signal.aborted) {
      const { status } = await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
      assert.equal(status, 200)
    }
  }
  const charging = Promise.all(
    Array.from({ length: 16 }, (_, index) => charge(index % 2 === 0 ? first : second)),
  )
  const statement = async (query = '') => {
    const { status, body } = await second.asInternal('GET', `/account/ada/statement${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.opening + sumOf(body.movements), body.closing)
    return body
  }
  const seen: string[] = []
  const parts: Row[] = []
  const note = (part: Row) => {
    const before = parts.at(-1)
    if (before !== undefined) {
      assert.deepEqual([part['from'], part['opening']], [before['to'], before['closing']])
    }
    parts.push(part)
    seen.push(...(part['movements'] as Row[]).map((one) => String(one['transfer_id'])))
  }
  note(await statement())
  for (let round = 0; round < 24; round++) {
    const acknowledged = await first.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
    // Until now, until a time to come, and until a millisecond that has just begun.
    const to = ['', '&to=2100-01-01T00:00:00Z', `&to=${new Date().toISOString()}`][round % 3] ?? ''
    note(await statement(`?from=${String(parts.at(-1)?.['to'])}${to}`))
    assert.ok(Date.parse(String(parts.at(-1)?.['to'])) <= Date.now())
    if (round % 3 < 2) assert.ok(seen.includes(acknowledged.body.transfer_id))
  }
  stopping.abort()
  await charging
  note(await statement(`?from=${String(parts.at(-1)?.['to'])}`))
  assert.equal(new Set(seen).size, seen.length)
  const whole = await statement()
  assert.deepEqual(
    seen,
    whole.movements.map((one: Row) => one['transfer_id']),
  )

  await t.test('and each says the same when it is asked for again', async () => {
    for (const part of parts.slice(0, 10)) {
      const again = await statement(`?from=${String(part['from'])}&to=${String(part['to'])}`)
      assert.deepEqual(again, part)
    }
  })

  await t.test(
    'a locked account has statements until its last movement, and none of now',
    async () => {
      const at = whole.movements.at(-1).created_at as string
      const unlock = await lockRows(
        first.database,
        "select id from accounts where user_id = 'ada' for update",
      )
      try {
        assert.equal((await statement(`?to=${at}`)).to, at)
        assertRefused(await first.asInternal('GET', '/account/ada/statement'), 'ACCOUNT_BUSY')
      } finally {
        await unlock()
      }
    },
  )
})
