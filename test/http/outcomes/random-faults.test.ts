import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import type { KindName } from '../../../src/database/kinds.ts'
import { verifyLedger } from '../../../src/funds/verify.ts'
import { socketHost } from '../../../src/database/hosts.ts'
import { counts } from '../../support/counts.ts'
import { createCustomer, putPlan } from '../../support/customers.ts'
import { asAdmin, createDatabase } from '../../support/database.ts'
import { type Cut, databaseProxy } from '../../support/database-proxy.ts'
import { eventually } from '../../support/processes.ts'
import { SEED, randomOf } from '../../support/random.ts'
import { scaled } from '../../support/scale.ts'
import { type Answer, type Service, startService } from '../../support/service.ts'
import { asCustomer } from '../../support/usage.ts'

const FAULTS = scaled(200, 12, 80)
const random = randomOf(SEED)
const CUTS: Cut[] = ['before', 'under way', 'after']

/** What an operation's caller was told, and where the truth about it stands. */
interface Told {
  kind: string
  /** By which the ledger, the usage or the customers know it. */
  mark: string
  answer: Answer
}

interface Operations {
  service: Service
  api: ReturnType<typeof asCustomer>
  paying: ReturnType<typeof asCustomer>
}

/** Each with a mark of its own, under which its effect is found afterwards. */
const OPERATIONS: Record<
  string,
  { pool: KindName; call: (on: Operations, mark: string) => Promise<Answer> }
> = {
  deduct: {
    pool: 'ledger',
    call: ({ service }, reference) =>
      service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1, reference }),
  },
  'top-up': {
    pool: 'ledger',
    call: ({ service }, reference) =>
      service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1, reference }),
  },
  hold: {
    pool: 'ledger',
    call: ({ service }, reference) =>
      service.asInternal('POST', '/holds', { user_id: 'ada', amount: 1, reference }),
  },
  report: {
    pool: 'usage',
    call: ({ api }, instance_id) =>
      api('POST', '/api/usage/report', { metrics: { calls: 1 }, instance_id }),
  },
  'paid report': {
    pool: 'usage charges',
    call: ({ paying }, instance_id) =>
      paying('POST', '/api/usage/report', { metrics: { paid: 1 }, instance_id }),
  },
  customer: {
    pool: 'admin',
    call: ({ service }, name) =>
      service.asAdmin('POST', '/api/customers', { email: 'eve@example.com', company_name: name }),
  },
  account: {
    pool: 'internal',
    call: ({ service }, user_id) =>
      service.asInternal('POST', '/account', { user_id, tier: 'pro' }),
  },
}

/** How often each mark's effect is there. */
function effects(sql: postgres.Sql) {
  return sql<{ mark: string; count: number }[]>`
    select mark, count(*)::int as count from (
      select reference from transfers where kind in ('deduct', 'top_up', 'hold') and reason is distinct from 'usage'
      union all select instance_id from usage_reports
      union all select company_name from customers
      union all select user_id from accounts
    ) as done (mark)
    where mark like 'mark-%' group by mark`
}

test(`${FAULTS} random faults: every answer is true`, async (t) => {
  const tried = counts(t, {
    promise: '1',
    what: 'Operations of all kinds with random faults: every answer is true',
    trials: 0,
    faults: FAULTS,
  })
  const database = await createDatabase()
  t.after(() => database.drop())
  const proxy = await databaseProxy(t, database.url)
  const service = await startService(t, {}, { ...database, url: proxy.url })
  await putPlan(service, 'paid', {
    metered: { paid: { via: 'funds', asset: 'USD/2', price: 1 } },
  })
  const plain = await createCustomer(service)
  const payer = await createCustomer(service, { email: 'bob@example.com', plan: 'paid' })
  for (const user_id of ['ada', payer.customerId]) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount: 1_000_000 })
  }
  const on = {
    service,
    api: asCustomer(service, plain.apiKey),
    paying: asCustomer(service, payer.apiKey),
  }
  const admin = postgres(database.adminUrl, {
    ...socketHost(database.adminUrl),
    max: 3,
    onnotice: () => undefined,
  })
  t.after(() => admin.end({ timeout: 5 }))
  const told: Told[] = []
  const met: Record<string, number> = {}
  let next = 0

  async function send(kind: string): Promise<Told> {
    const mark = `mark-${next++}`
    const answer = await OPERATIONS[kind]!.call(on, mark)
    const one = { kind, mark, answer }
    told.push(one)
    return one
  }

  /** Something goes wrong in the database while operations are under way. */
  async function fault(kind: string): Promise<string> {
    const { pool } = OPERATIONS[kind]!
    switch (random.int(0, 5)) {
      case 0:
      case 1:
      case 2: {
        const cut = random.pick(CUTS)
        const recoveryMs = random.chance(250) ? random.int(500, 7_000) : undefined
        proxy.plan({ cut, pool, ...(recoveryMs !== undefined && { recoveryMs }) })
        return recoveryMs === undefined ? `cut ${cut}` : `cut ${cut}, recovery`
      }
      case 3:
        await delay(random.int(0, 4))
        await admin`
          select pg_cancel_backend(pid) from pg_stat_activity
          where datname = current_database() and state = 'active'
            and application_name = ${`strongroom ${pool}`}`
        return 'cancel'
      case 4:
        await delay(random.int(0, 4))
        await admin`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = ${`strongroom ${pool}`}`
        return 'terminate'
      default: {
        const held = admin.begin(async (sql) => {
          await sql`select from accounts where user_id is not null for update`
          await delay(random.chance(500) ? random.int(0, 499) : random.int(5_000, 6_500))
        })
        await delay(20)
        void held.catch(() => undefined)
        return 'lock'
      }
    }
  }

  for (let round = 0; round < FAULTS; round++) {
    const kinds = Object.keys(OPERATIONS)
    const kind = kinds[round % kinds.length]!
    const first = fault(kind)
    const beside = Array.from({ length: 4 }, () => random.pick(kinds))
    await Promise.all([kind, ...beside].map((one) => send(one)))
    const name = await first
    met[name] = (met[name] ?? 0) + 1
    proxy.plan(null)
  }

  assert.ok(await eventually(() => isBack(service), 30_000), 'it is not back')
  const isQuiet = async () => {
    const [row] = await admin`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and state <> 'idle'
        and application_name like 'strongroom%' and application_name <> 'strongroom audit'`
    return row?.['count'] === 0
  }
  assert.ok(await eventually(isQuiet, 30_000), 'something is still under way')
  const done = new Map((await effects(admin)).map((row) => [row.mark, row.count]))

  const answered: Record<string, number> = {}
  const lies: string[] = []
  for (const { kind, mark, answer } of told) {
    const { status, body } = answer
    const count = done.get(mark) ?? 0
    const said = status < 300 ? 'done' : body.code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'not done'
    answered[said] = (answered[said] ?? 0) + 1
    const isTrue = said === 'done' ? count === 1 : said === 'not done' ? count === 0 : count <= 1
    if (!isTrue) lies.push(`${kind} ${mark}: ${status} ${body.code}, is there ${count} times`)
    if (said === 'not done') assert.equal(status, 503, `${kind}: ${JSON.stringify(body)}`)
  }
  tried.trials = told.length
  t.diagnostic(JSON.stringify({ told: answered, faults: met }))
  assert.deepEqual(lies, [])

  await t.test('what was unknown happens once when it is repeated', async () => {
    for (const { kind, mark, answer } of told) {
      if (answer.body.code !== 'OUTCOME_UNKNOWN') continue
      const { idempotency_key, report_id } = answer.body
      if (idempotency_key === undefined && report_id === undefined) continue
      const repeat = { idempotency_key, report_id }
      const again = await repeated(on, kind, mark, repeat)
      assert.ok(again.status < 300, `${kind}: ${JSON.stringify(again.body)}`)
      done.set(mark, 1)
    }
    for (const { mark, count } of await effects(admin)) {
      if (done.get(mark) === 1) assert.equal(count, 1, mark)
    }
  })
  const { findings } = await asAdmin(database.adminUrl, verifyLedger)
  assert.deepEqual(findings, [])
})

function repeated(on: Operations, kind: string, mark: string, repeat: object): Promise<Answer> {
  const withRepeat = (call: Operations['api']): Operations['api'] => {
    return (method, path, body) => call(method, path, { ...(body as object), ...repeat })
  }
  const { service: own } = on
  const asInternal = withRepeat((...call) => own.asInternal(...call))
  const service = { ...own, asInternal }
  const api = withRepeat(on.api)
  const paying = withRepeat(on.paying)
  return OPERATIONS[kind]!.call({ service, api, paying }, mark)
}

/** Every pool that the operations use. */
async function isBack(service: Service): Promise<boolean> {
  const answers = await Promise.all([
    service.asInternal('GET', '/balance/ada'),
    service.asInternal('POST', '/refund', { transfer_id: 'tr_1_1' }),
    service.call('GET', '/health/ready'),
  ])
  return answers.every(({ status }) => status < 500)
}
