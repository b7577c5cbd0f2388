import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { growingTree, leafHash } from '../../src/audit/tree.ts'
import { provesConsistency, provesInclusion } from '../../src/audit/verifier.ts'
import { canonicalJson } from '../../src/encoding/canonical-json.ts'
import { checkpointNow, settled } from '../support/audit.ts'
import { createCustomer } from '../support/customers.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const COMMITMENT = /^sha256:[0-9a-f]{64}$/

async function openAccount(service: Service, userId: string, funds: number): Promise<void> {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: userId, amount: funds })
}

async function wholeLog(service: Service, filter = '', limit = 200) {
  const records: Record<string, unknown>[] = []
  let cursor = ''
  do {
    const path = `/api/audit?limit=${limit}${filter}${cursor}`
    const { status, body } = await service.asAdmin('GET', path)
    assert.equal(status, 200, JSON.stringify(body))
    records.push(...body.data)
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  return records
}

const bytesOf = (text: string) => Buffer.from(text, 'base64')

test('acts come into the log in order, without a gap, within a moment', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  await openAccount(service, 'ada', 100)
  const details = { reason: 'tokens', reference: 'job-1', metadata: { n: 1 } }
  const { body: charge } = await service.asInternal('POST', '/deduct', {
    user_id: 'ada',
    amount: 30,
    idempotency_key: 'order-1',
    ...details,
  })
  await settled(service)
  const log = await wholeLog(service)
  assert.deepEqual(
    log.map(({ seq }) => seq),
    log.map((_, index) => log.length - 1 - index),
  )
  assert.deepEqual(
    log
      .map(({ event }) => event)
      .toReversed()
      .slice(-5),
    ['customer.created', 'api_key.created', 'account.created', 'funds.topped_up', 'funds.deducted'],
  )
  const [newest] = log
  assert.deepEqual(Object.keys(newest ?? {}), [
    'seq',
    'timestamp',
    'event',
    'actor',
    'subject',
    'ip',
    'metadata',
  ])
  assert.match(String(newest?.['actor']), /^internal:[0-9a-f]{8}$/)
  assert.equal(newest?.['timestamp'], charge.created_at)
  assert.equal(newest?.['ip'], '127.0.0.1')
  const account = `acct_${charge.transfer_id.split('_')[1]}`
  assert.equal(newest?.['subject'], account)
  assert.deepEqual(newest?.['metadata'], {
    amount: 30,
    asset: 'USD/2',
    available_after: 70,
    balance_after: 70,
    credit: 'revenue',
    debit: account,
    details: { idempotency_key: 'order-1', ...details },
    held_after: 0,
    kind: 'deduct',
    target_id: null,
    transfer_id: charge.transfer_id,
  })
  assert.deepEqual(
    (await wholeLog(service, `&subject=${customerId}`)).map(({ event, ip }) => [event, ip]),
    [
      ['api_key.created', '127.0.0.1'],
      ['customer.created', '127.0.0.1'],
    ],
  )
})

test('a page of records that show long notes is short', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 100)
  const metadata = { text: 'x'.repeat(60_000) }
  const transfers = Array.from({ length: 20 }, () => {
    return { op: 'deduct', user_id: 'ada', amount: 1, metadata }
  })
  const moved = await service.asInternal('POST', '/transfers/batch', { transfers })
  assert.equal(moved.status, 200)
  await settled(service)
  const { body } = await service.asAdmin('GET', '/api/audit?limit=200')
  assert.ok(JSON.stringify(body.data).length < 600_000, `${body.data.length} records`)
  assert.deepEqual(body.data[0].metadata.details.metadata, metadata)
  const seqs = (await wholeLog(service)).map(({ seq }) => seq)
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => seqs.length - 1 - index),
  )
})

test('a checkpoint, proofs and receipts hold for anyone with the public keys', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'canary', 1_000_000)
  const checkpoints = [await checkpointNow(service)]
  const moved: string[] = []
  // Rounds of other sizes, so that trees of many shapes are seen; 600 records fill two tiles.
  for (const count of [1, 2, 5, 8, 100, 301, 183]) {
    const answers = await inParallel(count, 32, () =>
      service.asInternal('POST', '/deduct', { user_id: 'canary', amount: 1 }),
    )
    moved.push(...answers.map(({ body }) => body.transfer_id))
    checkpoints.push(await checkpointNow(service))
  }
  const jwks = createLocalJWKSet((await service.call('GET', '/.well-known/jwks.json')).body)
  for (const { size, root, issued_at, token } of checkpoints) {
    const { payload, protectedHeader } = await jwtVerify(token, jwks, { issuer: 'strongroom' })
    assert.equal(protectedHeader.typ, 'audit-checkpoint+jwt')
    assert.deepEqual(payload, { iss: 'strongroom', iat: Date.parse(issued_at) / 1_000, size, root })
  }
  const newest = checkpoints.at(-1)
  assert.ok(newest)
  assert.ok(newest.size >= 600)
  assert.deepEqual(await checkpointNow(service), newest, 'the same log has the same checkpoint')

  for (const { size, root } of checkpoints) {
    const { body } = await service.asAdmin('GET', `/api/audit/proof?size=${size}`)
    assert.deepEqual([body.size, body.root], [newest.size, newest.root])
    const proof = body.proof.map(bytesOf)
    const [first, second] = [
      { size, root: bytesOf(root) },
      { size: newest.size, root: bytesOf(newest.root) },
    ]
    assert.ok(await provesConsistency(first, second, proof), `${size} of ${newest.size}`)
    if (size === newest.size) continue
    const other = { size, root: createHash('sha256').update(first.root).digest() }
    assert.ok(!(await provesConsistency(other, second, proof)))
    assert.ok(!(await provesConsistency(first, second, proof.slice(1))))
  }
  for (const transferId of [moved[0], moved[300], moved.at(-1)]) {
    const { status, body } = await service.asInternal('GET', `/transfers/${transferId}/receipt`)
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(body), ['record', 'index', 'size', 'proof', 'checkpoint'])
    assert.deepEqual(body.checkpoint, newest)
    assert.equal(body.record.metadata.transfer_id, transferId)
    assert.equal(body.record.seq, body.index)
    assert.match(body.record.ip, COMMITMENT)
    assert.match(body.record.metadata.details, COMMITMENT)
    assert.ok(!JSON.stringify(body.record).includes('canary'))
    const leaf = leafHash(Buffer.from(canonicalJson(body.record)))
    const tree = { size: body.size, root: bytesOf(body.checkpoint.root) }
    assert.ok(await provesInclusion(leaf, body.index, tree, body.proof.map(bytesOf)))
    const path = `/api/audit/proof?index=${body.index}&size=${body.size}`
    const again = (await service.asAdmin('GET', path)).body
    assert.deepEqual(again, { size: body.size, root: newest.root, proof: body.proof })
    const forged = { ...body.record, timestamp: '2026-01-01T00:00:00.000Z' }
    const otherLeaf = leafHash(Buffer.from(canonicalJson(forged)))
    assert.ok(!(await provesInclusion(otherLeaf, body.index, tree, body.proof.map(bytesOf))))
  }
  // An earlier tree proves what it has.
  const middle = checkpoints[4]
  assert.ok(middle)
  const path = `/api/audit/proof?index=7&size=${middle.size}`
  const { body } = await service.asAdmin('GET', path)
  assert.equal(body.root, middle.root)
})

test('what can not be proven is refused', async (t) => {
  const service = await startService(t)
  await openAccount(service, 'ada', 10)
  const { size } = await checkpointNow(service)
  const ask = (path: string) => service.asAdmin('GET', `/api/audit${path}`)
  assertRefused(await ask(`/proof?size=${size + 1}`), 'NOT_YET_LOGGED')
  assertRefused(await ask(`/proof?index=0&size=${size + 1}`), 'NOT_YET_LOGGED')
  for (const search of [
    '',
    '?index=0',
    '?size=0',
    `?size=${size}&index=${size}`,
    '?size=a',
    '?size=1&x=1',
  ]) {
    assertRefused(await ask(`/proof${search}`), 'VALIDATION_FAILED', search)
  }
  for (const search of ['?from=yesterday', '?limit=0', '?event=', '?to=2026-01-01']) {
    assertRefused(await ask(search), 'VALIDATION_FAILED', search)
  }
  const receipt = (id: string) => service.asInternal('GET', `/transfers/${id}/receipt`)
  assertRefused(await receipt('tr_99_1'), 'TRANSFER_NOT_FOUND')
  assertRefused(await receipt('tr_0_1'), 'VALIDATION_FAILED')
  // A row that no transaction ever finishes for stands for one that has yet to be logged.
  const [transfer] = await query<{ id: string }[]>(
    service.database,
    `insert into transfers select account_id, seq + 1, debit_account_id, credit_account_id, asset, amount, kind,
      target_seq, balance_after, held_after, available_after, 'another', fingerprint, reason, reference, metadata,
      actor, ip, created_at, null from transfers returning 'tr_' || account_id || '_' || seq as id`,
  )
  assertRefused(await receipt(transfer?.id ?? ''), 'NOT_YET_LOGGED')

  const keyless = await startService(t, { LICENSE_PRIVATE_KEY_PATH: undefined })
  assertRefused(await keyless.asAdmin('GET', '/api/audit/checkpoint'), 'SIGNING_KEY_MISSING')
})

test('the list is filtered and paged', async (t) => {
  const service = await startService(t)
  const { customerId } = await createCustomer(service)
  await openAccount(service, 'ada', 1_000)
  await openAccount(service, 'bob', 1_000)
  await openAccount(service, 'service', 1_000)
  const users = ['ada', 'bob', 'ada', 'ada']
  await inParallel(80, 16, (index) =>
    service.asInternal('POST', index % 9 === 4 ? '/top_up' : '/deduct', {
      user_id: users[index % 4],
      amount: 1,
    }),
  )
  await service.asInternal('PATCH', '/account/ada', { status: 'frozen' })
  await service.asAdmin('PATCH', `/api/customers/${customerId}`, { status: 'suspended' })
  await settled(service)
  const all = await wholeLog(service)
  const accountOf = (userId: string) =>
    query<{ id: string }[]>(
      service.database,
      `select 'acct_' || id as id from accounts where user_id = '${userId}'`,
    )
  const [ada] = await accountOf('ada')
  const [bob] = await accountOf('bob')
  const [namedAlike] = await accountOf('service')
  const middle = String(all[40]?.['timestamp'])
  const actor = String(all[40]?.['actor'])
  const filters: [string, (record: Record<string, unknown>) => boolean][] = [
    ['event=funds.deducted', ({ event }) => event === 'funds.deducted'],
    ['event=funds.topped_up', ({ event }) => event === 'funds.topped_up'],
    ['event=account.updated', ({ event }) => event === 'account.updated'],
    [`subject=${ada?.id}`, ({ subject }) => subject === ada?.id],
    [`subject=${customerId}`, ({ subject }) => subject === customerId],
    [`actor=${actor}`, (record) => record['actor'] === actor],
    [
      `subject=${ada?.id}&event=funds.topped_up`,
      ({ subject, event }) => subject === ada?.id && event === 'funds.topped_up',
    ],
    [`from=${middle}`, ({ timestamp }) => String(timestamp) >= middle],
    [`to=${middle}`, ({ timestamp }) => String(timestamp) < middle],
    [
      `to=${middle}&subject=${ada?.id}`,
      ({ timestamp, subject }) => String(timestamp) < middle && subject === ada?.id,
    ],
    ['event=funds.refunded', () => false],
    [`subject=${ada?.id}&event=funds.refunded`, () => false],
    ['subject=bob', ({ subject }) => subject === bob?.id],
    // A user who is named like another subject hides nothing of it.
    ['subject=service', ({ subject }) => subject === 'service' || subject === namedAlike?.id],
    ['to=2020-01-01T00:00:00Z', () => false],
    ['from=2999-01-01T00:00:00Z', () => false],
  ]
  for (const [filter, belongs] of filters) {
    const expected = all.filter(belongs)
    for (const limit of [7, 200]) {
      assert.deepEqual(await wholeLog(service, `&${filter}`, limit), expected, filter)
    }
  }
  const { body } = await service.asAdmin('GET', '/api/audit?limit=5')
  assertRefused(
    await service.asAdmin('GET', `/api/audit?event=account.updated&cursor=${body.next_cursor}`),
    'INVALID_CURSOR',
  )
})

test('a search for two things that never meet looks at a bounded part of the log', async (t) => {
  const service = await startService(t)
  await createCustomer(service)
  await settled(service)
  const [first] = await wholeLog(service, '&event=customer.created')
  const all = await wholeLog(service)
  const actor = String(first?.['actor'])
  // The term of the event and that of the actor by turns, above the one record that has both.
  await query(
    service.database,
    `with added as (
      insert into audit_places (first_seq, size, record_id, oldest, logged_at)
      select ${all.length - 1} + n, 1, -n, now(), now() from generate_series(1, 30000) n
      returning first_seq
    )
    insert into audit_terms (term, first_seq)
    select case when first_seq % 2 = 0 then 'event:customer.created' else 'actor:${actor}' end,
      first_seq
    from added`,
  )
  const search = `event=customer.created&actor=${actor}`
  const { body } = await service.asAdmin('GET', `/api/audit?${search}`)
  assert.deepEqual(body.data, [])
  assert.equal(typeof body.next_cursor, 'string', 'the search can go on')
  assert.deepEqual(await wholeLog(service, `&${search}`), [first])
  const { body: rare } = await service.asAdmin(
    'GET',
    '/api/audit?event=customer.created&actor=stripe',
  )
  assert.deepEqual(rare, { data: [], next_cursor: null })
})

test('several processes add to one log; what they commit late or at once is in it once', async (t) => {
  const one = await startService(t)
  const two = await startService(t, {}, one.database)
  await openAccount(one, 'ada', 1_000_000)
  await inParallel(400, 32, (index) =>
    index % 10 === 0
      ? (index % 20 === 0 ? one : two).asAdmin('POST', '/api/customers', {
          email: `c${index}@example.com`,
        })
      : (index % 2 === 0 ? one : two).asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
  )
  const { size, root } = await checkpointNow(two)
  const [count] = await query<{ records: number; transfers: number; logged: number }[]>(
    one.database,
    `select (select count(*)::int from audit_records where event is not null) as records,
      (select count(*)::int from transfers) as transfers,
      (select sum(size)::int from audit_places) as logged`,
  )
  assert.equal(count?.logged, size)
  assert.equal((count?.records ?? 0) + (count?.transfers ?? 0), size)
  const tiles = await query<{ hashes: Buffer }[]>(
    one.database,
    'select hashes from audit_tiles where level = 0 order by index',
  )
  const tree = growingTree()
  for (const { hashes } of tiles) {
    for (let at = 0; at < hashes.length; at += 32) tree.add(hashes.subarray(at, at + 32))
  }
  assert.equal(tree.root().toString('base64'), root)
})
