import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { readGuide } from '../../../src/http/docs/guides.ts'
import { openEventKeys } from '../../../src/keys/event-keys.ts'
import { signatureHeaders } from '../../../src/webhooks/signing.ts'
import { createCustomer } from '../../support/customers.ts'
import { faultyProxy } from '../../support/faulty-proxy.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../../support/service.ts'

/**
 * The wheel in clients/, installed into an environment of its own for each Python of `PYTHONS`
 * (commands, separated by spaces; `python3` by default), against the service and a proxy that fails
 * as planned. With `PYTHON_TYPES=true` mypy reads it too.
 */
const pythons = (process.env['PYTHONS'] ?? 'python3').split(' ')
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const WHEEL = resolve(`clients/strongroom-${version}-py3-none-any.whl`)

type Told = Record<string, unknown> & { answer?: any; seconds: number } // oxlint-disable-line typescript/no-explicit-any

function newFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-python-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** What the wheel needs. */
const NEEDED = ['anyio', 'attrs', 'httpx', 'typing-extensions', 'cryptography']

/** An environment with the wheel. @returns its Python, or what is missing */
function install(python: string, folder: string, ...more: string[]) {
  if (spawnSync(python, ['--version']).status !== 0) return { lacks: `there is no ${python}` }
  const made = spawnSync(python, ['-m', 'venv', folder], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const pip = (...args: string[]) => {
    const options = ['install', '--quiet', '--disable-pip-version-check']
    return spawnSync(join(folder, 'bin/pip'), [...options, ...args], { encoding: 'utf8' })
  }
  // These may be out of reach; what is there must do for the wheel.
  const fetched = pip(...NEEDED, ...more)
  if (fetched.status !== 0) return { lacks: fetched.stderr }
  const { status, stderr } = pip('--no-index', `${WHEEL}[ed25519]`)
  assert.equal(status, 0, stderr)
  return { python: join(folder, 'bin/python') }
}

/** The driver: one line for each call, and one for each answer. */
function drive(t: Pick<TestContext, 'after'>, python: string) {
  const script = resolve('test/client/python/driver.py')
  const child: ChildProcess = spawn(python, ['-W', 'error', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(async () => {
    child.stdin?.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const answers = lines[Symbol.asyncIterator]()
  return async (ask: object): Promise<Told> => {
    child.stdin?.write(`${JSON.stringify(ask)}\n`)
    const { value, done } = await answers.next()
    assert.ok(done !== true, 'the driver has ended')
    return JSON.parse(value) as Told
  }
}

for (const python of pythons) {
  test(`the wheel with ${python}`, async (t) => {
    assert.ok(existsSync(WHEEL), 'npm run clients:python makes it')
    const installed = install(python, newFolder(t))
    if (installed.python === undefined) return t.skip(installed.lacks)
    const service = await startService(t)
    const proxy = await faultyProxy(t, service.origin)
    const ask = drive(t, installed.python)
    const of = (client: string, credential: string[], isAsync: boolean) => {
      return (call: string, args: object = {}, more: object = {}) =>
        ask({ client, credential, url: proxy.url, call, arguments: args, async: isAsync, ...more })
    }

    for (const isAsync of [false, true]) {
      const way = isAsync ? 'awaited' : 'in a thread'
      const internal = of('Internal', [INTERNAL_TOKEN], isAsync)
      const admin = of('Admin', [ADMIN_TOKEN], isAsync)
      const user_id = `user:1@${isAsync ? 'a' : 's'}`
      const balance = async () => (await internal('get_balance', { user_id })).answer.balance
      const LARGEST = Number.MAX_SAFE_INTEGER

      await t.test(`${way}: money, exact, and as it stood`, async () => {
        proxy.plan()
        const { answer: account } = await internal('open_account', { user_id, tier: 'pro' })
        assert.deepEqual([account.status, account.low_balance_at], ['active', null])
        const { answer: large } = await internal('top_up', { user_id, amount: LARGEST })
        assert.equal(large.balance, LARGEST)
        const call = {
          user_id,
          amount: 400,
          metadata: { job: 'ü' },
          idempotency_key: `a-${way[0]}`,
        }
        const first = await internal('deduct', call)
        const again = await internal('deduct', call)
        assert.deepEqual(again.answer, first.answer)
        const then = { user_id, at: large.created_at }
        assert.equal((await internal('get_balance', then)).answer.balance, LARGEST)
        const at = { user_id, at: first.answer.created_at }
        assert.equal((await internal('get_balance', at)).answer.balance, LARGEST - 400)
        const all = await internal('list_transfers', { user_id, limit: 1 }, { all: true })
        assert.deepEqual(
          all.answer.map(({ amount }: { amount: number }) => amount),
          [400, LARGEST],
        )
        const dated = { user_id, from_: large.created_at, limit: 5 }
        assert.equal((await internal('find_transfers', dated)).answer.data.length, 2)
        const named = { user_id, idempotency_key: call.idempotency_key }
        assert.equal((await internal('find_transfers', named)).answer.data.length, 1)
        const moved = await internal('move_many', {
          transfers: [
            { op: 'deduct', user_id, amount: 1 },
            { op: 'deduct', user_id, amount: 2 },
          ],
        })
        assert.deepEqual(
          moved.answer.results.map(({ status }: { status: number }) => status),
          [200, 200],
        )
      })

      await t.test(
        `${way}: a charge whose answer is lost happens once, under one key`,
        async () => {
          const before = await balance()
          proxy.plan('unanswered', { status: 502, body: '<html>' }, 'lost')
          const { answer } = await internal('deduct', { user_id, amount: 100 })
          assert.equal(answer.balance, before - 100)
          const keys = proxy.seen.map(({ idempotencyKey }) => idempotencyKey)
          assert.equal(keys.length, 4)
          assert.match(keys[0] ?? '', /^[0-9a-f]{32}$/)
          assert.equal(new Set(keys).size, 1)
          assert.equal(await balance(), before - 100)
        },
      )

      await t.test(`${way}: an unknown outcome is asked for again`, async () => {
        const before = await balance()
        const unknown = { code: 'OUTCOME_UNKNOWN', message: 'Unknown', idempotency_key: 'k' }
        proxy.plan({ status: 503, body: JSON.stringify(unknown) })
        assert.equal((await internal('deduct', { user_id, amount: 1 })).answer.balance, before - 1)
        // What may have been issued is not issued twice: the error names it.
        const { customerId: customer_id } = await createCustomer(service)
        const issued = { code: 'OUTCOME_UNKNOWN', message: 'Unknown', key_id: 'key' }
        proxy.plan({ status: 503, body: JSON.stringify(issued) })
        const failed = await admin('issue_api_key', { customer_id })
        assert.deepEqual(
          [failed['raised'], failed['issued']],
          ['OutcomeUnknownError', { key_id: 'key' }],
        )
        assert.equal(proxy.seen.length, 1)
      })

      await t.test(`${way}: what may have happened twice is sent once`, async () => {
        const { customerId: customer_id } = await createCustomer(service)
        proxy.plan('unanswered')
        const failed = await admin('issue_api_key', { customer_id })
        assert.deepEqual([failed['code'], failed['status_code']], ['CONNECTION_FAILED', null])
        assert.equal(proxy.seen.length, 1)
        proxy.plan({ status: 429 })
        assert.ok((await admin('issue_api_key', { customer_id })).answer.api_key)
      })

      await t.test(`${way}: refusals are exceptions by code`, async () => {
        proxy.plan()
        const poor = await internal('deduct', { user_id: 'nobody', amount: 1 })
        assert.equal(poor['raised'], 'AccountNotFoundError')
        assert.equal(poor['status_code'], 404)
        assert.match(String(poor['request_id']), /./)
        assert.equal(proxy.seen.length, 1)
        const wrong = await internal('deduct', { user_id, amount: 0 })
        assert.equal(wrong['raised'], 'ValidationFailedError')
        assert.deepEqual((wrong['details'] as { path: string }[])[0]?.path, '/amount')
        const stranger = await of('Admin', ['x'.repeat(40)], isAsync)('list_customers')
        assert.equal(stranger['raised'], 'UnauthorizedError')
        proxy.plan({ status: 418, body: '{"code":"NEWER","message":"Hm"}' })
        const newer = await internal('get_account', { user_id })
        assert.deepEqual([newer['raised'], newer['code']], ['StrongroomError', 'NEWER'])
      })

      await t.test(`${way}: waits are bounded`, async () => {
        proxy.plan('silent')
        const late = await internal('get_balance', { user_id, timeout: 0.2 })
        assert.ok(late.answer !== undefined && late.seconds < 5, JSON.stringify(late))
        proxy.plan('silent', 'silent')
        const never = await internal('get_balance', { user_id, timeout: 0.05, retries: 1 })
        assert.equal(never['raised'], 'ConnectionTimeoutError')
        assert.equal(proxy.seen.length, 2)
        proxy.plan({ status: 503, headers: { 'retry-after': '1' } })
        assert.ok((await internal('get_balance', { user_id })).seconds >= 1)
        proxy.plan({ status: 429, headers: { 'retry-after': '900' } })
        assert.equal((await internal('get_balance', { user_id }))['retry_after'], 900)
        proxy.plan({ status: 307, headers: { location: `${service.origin}/balance/x` } })
        assert.equal((await internal('get_balance', { user_id }))['code'], 'UNKNOWN_ANSWER')
      })

      await t.test(`${way}: usage counts once, in batches too`, async () => {
        const { apiKey, customerId: customer_id } = await createCustomer(service)
        const own = of('Customer', [apiKey], isAsync)
        proxy.plan('unanswered')
        await own('report_usage', { metrics: { calls: 2 } })
        proxy.plan('unanswered')
        await own('report_usage_batch', {
          reports: [{ metrics: { calls: 3 } }, { metrics: { calls: 4 } }],
        })
        const used = { customer_id, metric: 'calls', bucket: 'month' }
        const { answer } = await own('get_usage', used)
        assert.deepEqual([answer.data[0].sum, answer.data[0].count], [9, 3])
        const unknown = { report_id: 'b', status: 'refused', code: 'OUTCOME_UNKNOWN' }
        const results = [{ report_id: 'a', status: 'created' }, unknown]
        const allowance = { values: 1, metric_names: 1 }
        const body = JSON.stringify({ results, remaining: allowance })
        proxy.plan({ status: 200, headers: { 'content-type': 'application/json' }, body })
        const settled = await own('report_usage_batch', {
          reports: ['a', 'b'].map((report_id) => ({ report_id, metrics: { calls: 0 } })),
        })
        const again = JSON.parse(proxy.seen[1]?.body ?? '{}') as { reports: object[] }
        assert.equal(again.reports.length, 1)
        assert.deepEqual(settled.answer?.results[1].status, 'created', JSON.stringify(settled))
        // What remains is what the newest answer says, whose limit is not this one.
        assert.notDeepEqual(settled.answer?.remaining, allowance)
      })

      await t.test(`${way}: what is given up names what repeats it`, async () => {
        const { apiKey, customerId: customer_id } = await createCustomer(service)
        const own = of('Customer', [apiKey], isAsync)
        const report = { metrics: { calls: 5 } }
        proxy.plan('unanswered')
        const lost = await own('report_usage', { ...report, retries: 0 })
        const sent = JSON.parse(proxy.seen[0]?.body ?? '{}') as { report_id: string }
        assert.deepEqual(
          [lost['code'], lost['report_id']],
          ['CONNECTION_FAILED', sent.report_id],
          JSON.stringify(lost),
        )
        await own('report_usage', { ...report, report_id: lost['report_id'] })
        proxy.plan('unanswered')
        const several = await own('report_usage_batch', { reports: [report, report], retries: 0 })
        await own('report_usage_batch', several['sent'] as object)
        const used = await own('get_usage', { customer_id, metric: 'calls', bucket: 'month' })
        assert.equal(used.answer.data[0].count, 3)
        const before = await balance()
        proxy.plan('unanswered')
        const transfers = [{ op: 'deduct', user_id, amount: 3 }]
        const moved = await internal('move_many', { transfers, retries: 0 })
        await internal('move_many', moved['sent'] as object)
        assert.equal(await balance(), before - 3)
      })

      await t.test(`${way}: a success that is not the service’s is none`, async () => {
        const { apiKey } = await createCustomer(service)
        const own = of('Customer', [apiKey], isAsync)
        const reports = [{ metrics: { calls: 1 } }]
        for (const body of ['<html>', '', '{}', '{"results":7}']) {
          proxy.plan({ status: 200, body })
          const charge = await internal('deduct', { user_id, amount: 1 })
          assert.equal(charge['code'], 'UNKNOWN_ANSWER', body)
          assert.match(String(charge['idempotency_key']), /^[0-9a-f]{32}$/)
          proxy.plan({ status: 200, body })
          const batch = await own('report_usage_batch', { reports })
          assert.equal(batch['code'], 'UNKNOWN_ANSWER', JSON.stringify(batch))
          assert.deepEqual(batch['sent'], JSON.parse(proxy.seen[0]?.body ?? ''))
        }
      })

      await t.test(`${way}: a refused batch has its results`, async () => {
        proxy.plan()
        const transfers = [
          { op: 'top_up', user_id, amount: 1 },
          { op: 'deduct', user_id: 'nobody', amount: 1 },
        ]
        const refused = await internal('move_many', { transfers, atomic: true })
        assert.equal(refused['raised'], 'BatchRefusedError')
        const results = refused['results'] as { body: { code: string } }[]
        assert.deepEqual(
          results.map(({ body }) => body.code),
          ['BATCH_REFUSED', 'ACCOUNT_NOT_FOUND'],
        )
      })
    }

    await t.test('without a credential: health', async () => {
      const { answer } = await of('Public', [], false)('get_health')
      assert.equal(answer.status, 'ok')
      assert.equal((await of('Internal', [''], false)('get_health'))['raised'], 'TypeError')
    })

    await t.test('a tile of the log is bytes', async () => {
      const path = '0/000.p/1'
      const { answer } = await of('Public', [], false)('get_log_tile', { path })
      const tile = await fetch(`${service.origin}/log/tile/${path}`)
      assert.equal(answer, Buffer.from(await tile.arrayBuffer()).toString('hex'))
      assert.equal(answer.length, 64)
    })

    await t.test('webhooks, by secret and by public key', async () => {
      const signing = generateKeyPairSync('ed25519').privateKey
      const keys = await openEventKeys({ signing, previous: [] })
      const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
      const [secret, other] = [newSecret(), newSecret()]
      const body =
        '{"type":"funds.low_balance","timestamp":"2026-11-24T09:30:00.000Z","seq":42,"data":{}}'
      const now = Math.floor(Date.now() / 1_000)
      const signed = (timestampS: number) =>
        signatureHeaders({ secrets: [secret], keys }, { id: 'evt_1', timestampS, body })
      const headers = signed(now)
      const verify = (keysOf: object, changes: object = {}, text = body) =>
        ask({ headers: { ...headers, ...changes }, body: text, keys: keysOf })
      const public_key = keys.publicKey
      const upper = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
      )
      for (const one of [{ secret }, { secret: [other, secret] }, { public_key }]) {
        const { answer } = await verify(one)
        assert.deepEqual(answer, { id: 'evt_1', type: 'funds.low_balance', seq: 42 })
        assert.ok((await ask({ headers: upper, body, keys: one })).answer)
        for (const [fault, changes, text] of [
          ['headers', { 'webhook-id': '' }],
          ['timestamp', signed(now - 301)],
          ['timestamp', signed(now + 600)],
          ['timestamp', { 'webhook-timestamp': '²' }],
          ['signature', { 'webhook-id': 'evt_2' }],
          ['signature', { 'webhook-signature': 'v1,AAAA v1a,AAAA v1,é v1a,' }],
          ['signature', {}, `${body} `],
        ] as const) {
          assert.equal((await verify(one, changes, text))['fault'], fault)
        }
      }
      assert.equal((await verify({ secret: other }))['fault'], 'signature')
      for (const none of [
        { secret: public_key },
        { public_key: secret },
        {},
        { secret, public_key },
      ]) {
        assert.equal((await verify(none))['raised'], 'TypeError')
      }
    })

    await t.test('what the guide shows', async () => {
      const [, code = ''] = /^```python\n(.*?)^```$/ms.exec(readGuide('clients')) ?? []
      proxy.plan()
      const env = { ...process.env, BILLING_URL: proxy.url, INTERNAL_TOKEN, ADMIN_TOKEN }
      const child = spawn(installed.python ?? '', ['-c', code], { env, stdio: 'pipe' })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
      const [status] = await once(child, 'close')
      assert.equal(status, 0, said)
    })
  })
}

test(
  'its types',
  { skip: process.env['PYTHON_TYPES'] !== 'true' && 'PYTHON_TYPES=true does it' },
  (t) => {
    const folder = newFolder(t)
    const installed = install(pythons[0] ?? '', join(folder, 'venv'), 'mypy==2.4.1')
    if (installed.python === undefined) return t.skip(installed.lacks)
    copyFileSync('test/client/python/consumer.py', join(folder, 'consumer.py'))
    const strict = ['-m', 'mypy', '--strict', '--warn-unused-ignores', 'consumer.py']
    const packages = ['-m', 'mypy', '--strict', '--follow-imports=silent']
    const own = [
      '_calls',
      '_clients',
      '_connections',
      '_error',
      'errors',
      'pages',
      'webhooks',
    ].flatMap((name) => ['-m', `strongroom.${name}`])
    for (const args of [strict, [...packages, ...own]]) {
      const read: SpawnSyncReturns<string> = spawnSync(installed.python, args, {
        cwd: folder,
        encoding: 'utf8',
      })
      assert.equal(read.status, 0, read.stdout)
    }
  },
)
