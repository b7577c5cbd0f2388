import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asAdmin, createDatabase } from '../support/database.ts'
import { databaseProxy } from '../support/database-proxy.ts'
import { assertSound } from '../support/ledger.ts'
import { startService } from '../support/service.ts'

test('a poisoned request fails alone', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  // A rule that the service knows nothing of makes the whole statement fail.
  await asAdmin(
    service.database.adminUrl,
    (sql) => sql`alter table transfers add constraint poison check (reason <> 'poison')`,
  )
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) => {
      const reason = index % 20 === 7 ? 'poison' : 'fine'
      return service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1, reason })
    }),
  )
  const failed = answers.filter((answer) => answer.status === 500)
  assert.equal(failed.length, 3)
  assert.equal(answers.filter((answer) => answer.status === 200).length, 57)
  assert.equal((await service.asInternal('GET', '/balance/ada')).body.balance, 943)
})

test('connections killed in the middle of batches: every answer is true', async (t) => {
  const service = await startService(t)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  let acknowledged = 0
  let unkeyed = 0
  const load = { running: true }

  const client = async (id: number) => {
    for (let n = 0; load.running; n++) {
      const key = n % 2 === 0 ? `key-${id}-${n}` : undefined
      const body = { user_id: 'ada', amount: 1, idempotency_key: key }
      const answer = await service.asInternal('POST', '/deduct', body)
      assert.ok([200, 503].includes(answer.status), JSON.stringify(answer.body))
      if (answer.status === 200) acknowledged++
      if (answer.status === 503 && key === undefined) unkeyed++
      if (answer.status === 503 && key !== undefined) {
        // An unknown outcome resolves by asking again with the same key.
        const again = await service.asInternal('POST', '/deduct', body)
        if (again.status === 200) acknowledged++
      }
    }
  }
  const clients = Promise.all(Array.from({ length: 32 }, (_, id) => client(id)))

  await asAdmin(service.database.adminUrl, async (sql) => {
    for (let kills = 0; kills < 10; kills++) {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'strongroom ledger'`
      // Until a batch has been committed again, so that every kill meets work under way.
      const [{ count: before } = { count: 0 }] = await sql`select count(*) from transfers`
      for (let polls = 0; polls < 500; polls++) {
        const [{ count } = { count: 0 }] = await sql`select count(*) from transfers`
        if (count !== before) break
      }
    }
  })
  load.running = false
  await clients

  const [found] = await asAdmin(
    service.database.adminUrl,
    (sql) => sql`
      select count(*)::int as deducts, count(distinct idempotency_key)::int as keys
      from transfers where kind = 'deduct'`,
  )
  assert.equal(found?.['deducts'], found?.['keys'])
  const surplus = found?.['deducts'] - acknowledged
  assert.ok(surplus >= 0 && surplus <= unkeyed, `${surplus} more than were acknowledged`)
  const { body } = await service.asInternal('GET', '/balance/ada')
  assert.equal(body.balance, 1_000_000 - found?.['deducts'])
})

test('a repetition says that it is one, and a first answer that it is none, whatever is cut', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const service = await startService(t, {}, { ...database, url: proxy.url })
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  let number = 0
  // A charge is decided on what is remembered of its account, and a top-up under the account's lock.
  for (const kind of ['deduct', 'top_up'] as const) {
    for (const cut of ['before', 'under way', 'after'] as const) {
      await t.test(`${kind}, cut ${cut}`, async () => {
        const body = { user_id: 'ada', amount: 1, idempotency_key: `key-${number++}` }
        const ask = async () => {
          // The account is remembered again.
          await service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 })
          proxy.plan({ cut, pool: 'ledger' })
          const {
            status,
            body: answer,
            headers,
          } = await service.asInternal('POST', `/${kind}`, body)
          assert.deepEqual([status, proxy.isDone()], [200, true])
          return { answer, isReplayed: headers.has('idempotent-replayed') }
        }
        const first = await ask()
        assert.equal(first.isReplayed, false)
        assert.deepEqual(await ask(), { answer: first.answer, isReplayed: true })
      })
    }
  }
  await assertSound(database)
})
