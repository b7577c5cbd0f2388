import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertRefused } from '../../support/refusals.ts'
import { type Answer, type Service, startService } from '../../support/service.ts'
import { query } from '../../support/tables.ts'

type Row = Record<string, unknown>

/** Every item of a list, page by page. */
async function all(service: Service, path: string, limit = 3): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor = ''; ;) {
    const joint = path.includes('?') ? '&' : '?'
    const answer = await service.asInternal('GET', `${path}${joint}limit=${limit}${cursor}`)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.ok(answer.body.data.length <= limit)
    rows.push(...answer.body.data)
    if (answer.body.next_cursor === null) return rows
    cursor = `&cursor=${answer.body.next_cursor}`
  }
}

async function filled(service: Service): Promise<{ ids: Record<string, string>; hold: Row }> {
  const post = async (path: string, body: object): Promise<Row> => {
    const answer = await service.asInternal('POST', path, body)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  for (const user_id of ['ada', 'ada2', 'bob', 'eve']) {
    await post('/account', { user_id, tier: user_id === 'bob' ? 'free' : 'pro' })
    await post('/top_up', { user_id, amount: 1_000, reason: 'start' })
  }
  const ids: Record<string, string> = {}
  const charges = [
    ['ada', 'job-1', 'tokens', 'k1'],
    ['bob', 'job-1', 'tokens', 'k1'],
    ['ada', 'job-2', 'images', 'k2'],
    ['ada2', 'job-3', 'tokens', 'k3'],
    ['ada', 'job-1', 'images', 'k4'],
  ] as const
  for (const [user_id, reference, reason, key] of charges) {
    const charge = await post('/deduct', {
      user_id,
      amount: 10,
      reference,
      reason,
      idempotency_key: key,
    })
    ids[`${user_id} ${key}`] = String(charge['transfer_id'])
  }
  const hold = await post('/holds', { user_id: 'ada', amount: 50, reference: 'job-9' })
  const other = await post('/holds', { user_id: 'bob', amount: 20 })
  await post(`/holds/${String(other['hold_id'])}/capture`, { amount: 5 })
  await service.asInternal('PATCH', '/account/eve', { status: 'frozen' })
  return { ids, hold }
}

test('transfers, holds and accounts are found', async (t) => {
  const service = await startService(t)
  const { ids, hold } = await filled(service)
  const idsOf = (rows: Row[]) => rows.map((row) => row['transfer_id'])

  await t.test('transfers, by any of what they have, newest first', async () => {
    const rows = await all(service, '/transfers')
    assert.equal(rows.length, 4 + 5 + 4)
    const times = rows.map((row) => String(row['created_at']))
    assert.deepEqual(times, times.toSorted().toReversed())
    assert.equal(new Set(idsOf(rows)).size, rows.length)
    for (const [path, expected] of [
      ['reference=job-1', ['ada k4', 'bob k1', 'ada k1']],
      ['reference=job-1&user_id=ada', ['ada k4', 'ada k1']],
      ['reason=tokens', ['ada2 k3', 'bob k1', 'ada k1']],
      ['reason=token', []],
      ['idempotency_key=k1', ['bob k1', 'ada k1']],
      ['idempotency_key=k1&user_id=bob', ['bob k1']],
      ['user_id=ada&kind=deduct', ['ada k4', 'ada k2', 'ada k1']],
      ['kind=deduct', ['ada k4', 'ada2 k3', 'ada k2', 'bob k1', 'ada k1']],
      ['kind=deduct&reason=images&reference=job-1', ['ada k4']],
      ['user_id=nobody', []],
      ['kind=write_off', []],
    ] as const) {
      const found = await all(service, `/transfers?${path}`)
      assert.deepEqual(
        idsOf(found),
        expected.map((one) => ids[one]),
        path,
      )
    }
    assert.deepEqual(
      (await all(service, '/transfers?kind=capture')).map((row) => row['amount']),
      [5],
    )
    const [first] = rows.filter((row) => row['user_id'] === 'ada2')
    assert.deepEqual(first?.['debit_account'], 'ada2')
  })

  await t.test('by time: from is inclusive, to exclusive', async () => {
    const at = (id: string) =>
      all(service, `/transfers?user_id=ada`).then((rows) =>
        String(rows.find((row) => row['transfer_id'] === ids[id])?.['created_at']),
      )
    const [first, last] = [await at('ada k1'), await at('ada k4')]
    for (const user of ['', '&user_id=ada', '&reference=job-1']) {
      const range = `from=${first}&to=${last}${user}`
      const found = idsOf(await all(service, `/transfers?${range}`))
      assert.ok(found.includes(ids['ada k1']), range)
      assert.ok(!found.includes(ids['ada k4']), range)
    }
    assertRefused(
      await service.asInternal('GET', `/transfers?from=${last}&to=${first}`),
      'VALIDATION_FAILED',
    )
  })

  await t.test('one transfer and one hold', async () => {
    const { status, body } = await service.asInternal('GET', `/transfers/${ids['ada k1']}`)
    assert.equal(status, 200)
    const { transfer_id, user_id, kind, amount, balance_after, reference } = body
    assert.deepEqual(
      [transfer_id, user_id, kind, amount, balance_after, reference],
      [ids['ada k1'], 'ada', 'deduct', 10, 990, 'job-1'],
    )
    assertRefused(await service.asInternal('GET', '/transfers/tr_999_1'), 'TRANSFER_NOT_FOUND')
    assertRefused(await service.asInternal('GET', '/transfers/batch'), 'VALIDATION_FAILED')
    const read = await service.asInternal('GET', `/holds/${String(hold['hold_id'])}`)
    assert.equal(read.status, 200)
    const { balance: _, available: __, grants: ___, ...same } = hold
    assert.deepEqual({ ...read.body, ...same }, read.body)
    assert.deepEqual([read.body.reference, read.body.closed_at], ['job-9', null])
    assertRefused(await service.asInternal('GET', '/holds/hold_999_1'), 'HOLD_NOT_FOUND')
  })

  await t.test('holds, as they are now', async () => {
    const statuses = async (path: string) =>
      (await all(service, path, 1)).map(
        (row) => `${String(row['user_id'])} ${String(row['status'])}`,
      )
    assert.deepEqual(await statuses('/holds'), ['bob captured', 'ada open'])
    assert.deepEqual(await statuses('/holds?status=open'), ['ada open'])
    assert.deepEqual(await statuses('/holds?user_id=bob'), ['bob captured'])
    assert.deepEqual(await statuses('/holds?user_id=bob&status=open'), [])
    assert.deepEqual(await statuses('/holds?status=captured'), ['bob captured'])
    await query(
      service.database,
      `update holds set expires_at = now() - interval '1 second' where status = 'open'`,
      [],
    )
    assert.deepEqual(await statuses('/holds?status=open'), [])
    assert.deepEqual(await statuses('/holds?status=expired'), ['ada expired'])
  })

  await t.test('accounts, by all that is asked of them', async () => {
    const users = async (path: string) => (await all(service, path, 2)).map((row) => row['user_id'])
    assert.deepEqual(await users('/accounts'), ['eve', 'bob', 'ada2', 'ada'])
    assert.deepEqual(await users('/accounts?tier=pro'), ['eve', 'ada2', 'ada'])
    assert.deepEqual(await users('/accounts?status=frozen'), ['eve'])
    assert.deepEqual(await users('/accounts?status=active&tier=free'), ['bob'])
    assert.deepEqual(await users('/accounts?user_id_prefix=ada'), ['ada2', 'ada'])
    assert.deepEqual(await users('/accounts?user_id_prefix=ada&below=990'), ['ada'])
    assert.deepEqual(await users('/accounts?flag=charged_back'), [])
    // Strict: bob has 985, ada 970, ada2 990, eve 1000.
    assert.deepEqual(await users('/accounts?below=985'), ['ada'])
    assert.deepEqual(await users('/accounts?below=986'), ['bob', 'ada'])
    const { body: account } = await service.asInternal('GET', '/account/bob')
    const [listed] = await all(service, '/accounts?user_id_prefix=bob')
    assert.deepEqual(listed, account)
    await service.asInternal('DELETE', '/account/eve?force=true')
    assert.equal((await users('/accounts?status=closed')).length, 1)
    assert.deepEqual(await users('/accounts?user_id_prefix=e'), [])
  })

  await t.test('operators have the same lists, and cursors belong to their list', async () => {
    for (const path of ['/accounts?tier=pro', '/transfers?reason=tokens', '/holds']) {
      const [ours, theirs] = await Promise.all([
        service.asInternal('GET', path),
        service.asAdmin('GET', `/api/funds${path}`),
      ])
      assert.deepEqual([theirs.status, theirs.body], [200, ours.body], path)
    }
    const { body } = await service.asInternal('GET', '/transfers?limit=1')
    const wrong = (path: string): Promise<Answer> =>
      service.asInternal('GET', `${path}cursor=${body.next_cursor}`)
    assertRefused(await wrong('/transfers?kind=deduct&'), 'INVALID_CURSOR')
    assertRefused(await wrong('/holds?'), 'INVALID_CURSOR')
    for (const path of [
      '/transfers?kind=x',
      '/accounts?below=1.5',
      '/holds?status=x',
      '/accounts?a=1',
    ]) {
      assertRefused(await service.asInternal('GET', path), 'VALIDATION_FAILED', path)
    }
  })
})
