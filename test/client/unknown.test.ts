import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  StrongroomError,
  adminClient,
  customerClient,
  internalClient,
} from '../../src/client/index.ts'
import { createCustomer } from '../support/customers.ts'
import { createDatabase } from '../support/database.ts'
import { databaseProxy } from '../support/database-proxy.ts'
import { faultyProxy } from '../support/faulty-proxy.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'

/** A little longer than a call has: its outcome is unknown, and its repetition finds the server back. */
const RECOVERY_MS = 5_500

test('the client repeats an unknown outcome under the key or id that it is given', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const service = await startService(t, {}, { ...database, url: proxy.url })
  const seen = await faultyProxy(t, service.origin)
  const { apiKey, customerId: customer_id } = await createCustomer(service)
  const internal = internalClient({ url: seen.url, token: INTERNAL_TOKEN })
  const customer = customerClient({ url: seen.url, apiKey })
  await internal.openAccount({ user_id: 'ada', tier: 'pro' })
  await internal.topUp({ user_id: 'ada', amount: 1_000 })
  await customer.reportUsage({ metrics: { calls: 1 } })

  await t.test('a charge that was sent without a key', async () => {
    seen.plan()
    proxy.plan({ cut: 'after', pool: 'ledger', recoveryMs: RECOVERY_MS })
    const body = { user_id: 'ada', amount: 100 }
    const { data } = await internal.http.POST('/deduct', { body, params: {} })
    assert.equal(data?.balance, 900)
    const [none, ...given] = seen.seen.map(({ idempotencyKey }) => idempotencyKey)
    assert.equal(none, undefined)
    assert.match(given[0] ?? '', /^sr-key-/)
    assert.equal((await internal.getBalance({ user_id: 'ada' })).balance, 900)
  })

  await t.test('a report that was sent without an id', async () => {
    seen.plan()
    proxy.plan({ cut: 'after', pool: 'usage', recoveryMs: RECOVERY_MS })
    const { data } = await customer.http.POST('/api/usage/report', {
      body: { metrics: { calls: 2 } },
    })
    assert.match(data?.report_id ?? '', /^rep_/)
    assert.ok(seen.seen.length >= 2)
  })

  await t.test('a report whose repetition is lost too: the error has the id', async () => {
    const report_id = 'rep_of_the_service'
    const body = JSON.stringify({ code: 'OUTCOME_UNKNOWN', message: 'Unknown', report_id })
    seen.plan({ status: 503, body }, 'lost', 'lost', 'lost')
    const lost = customer.http.POST('/api/usage/report', { body: { metrics: { calls: 0 } } })
    await assert.rejects(lost, { code: 'CONNECTION_FAILED', reportId: report_id })
    assert.match(seen.seen[3]?.body ?? '', new RegExp(report_id))
  })

  await t.test('a batch of reports', async () => {
    proxy.plan({ cut: 'after', pool: 'usage', recoveryMs: RECOVERY_MS })
    const { results } = await customer.reportUsageBatch({
      reports: [{ metrics: { calls: 3 } }, { metrics: { calls: 4 } }],
    })
    const statuses = results.map(({ status }) => status)
    assert.deepEqual(statuses, ['replayed', 'replayed'])
    const { data } = await customer.getUsage({ customer_id, metric: 'calls', bucket: 'month' })
    assert.deepEqual([data[0]?.sum, data[0]?.count], [1 + 2 + 3 + 4, 4])
  })

  await t.test('those of a batch that are unknown, and no others', async () => {
    const unknown = { report_id: 'b', status: 'refused', code: 'OUTCOME_UNKNOWN' }
    const refused = { report_id: 'c', status: 'refused', code: 'IDEMPOTENCY_KEY_REUSED' }
    const results = [{ report_id: 'a', status: 'created' }, unknown, refused]
    const headers = { 'content-type': 'application/json' }
    const remaining = { values: 1, metric_names: 1 }
    seen.plan({ status: 200, headers, body: JSON.stringify({ results, remaining }) })
    const answer = await customer.reportUsageBatch({
      reports: ['a', 'b', 'c'].map((report_id) => ({ report_id, metrics: { calls: 0 } })),
    })
    const again = JSON.parse(seen.seen[1]?.body ?? '{}') as { reports: { report_id: string }[] }
    assert.deepEqual(
      again.reports.map(({ report_id }) => report_id),
      ['b'],
    )
    assert.deepEqual(answer.results, [results[0], { report_id: 'b', status: 'created' }, refused])
    assert.notDeepEqual(answer.remaining, remaining, 'it is as after the last report')
  })

  await t.test('not a key that may have been issued: its id is there to revoke it', async () => {
    const admin = adminClient({ url: seen.url, token: ADMIN_TOKEN })
    seen.plan()
    proxy.plan({ cut: 'after', pool: 'admin' })
    const failed: unknown = await admin.issueApiKey({ customer_id }).catch((error) => error)
    assert.ok(failed instanceof StrongroomError)
    assert.equal(failed.code, 'OUTCOME_UNKNOWN')
    assert.equal(seen.seen.length, 1)
    const key_id = failed.issued['key_id'] ?? ''
    await admin.revokeApiKey({ customer_id, key_id })
    const { data } = await admin.listApiKeys({ customer_id })
    assert.ok(data.some((key) => key.key_id === key_id && key.revoked_at !== null))
  })

  await t.test('a change, as it is', async () => {
    const admin = adminClient({ url: seen.url, token: ADMIN_TOKEN })
    seen.plan()
    proxy.plan({ cut: 'before', pool: 'admin' })
    const changed = await admin.updateCustomer({ customer_id, company_name: 'Ada' })
    assert.equal(changed.company_name, 'Ada')
    assert.equal(seen.seen.length, 2)
  })
})
