import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Running, eventually, run } from '../support/processes.ts'
import { assertRefused } from '../support/refusals.ts'
import { inParallel } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'

/** Needs a redis-server: `.ci/redis` runs it. */
const PASSWORD = 'password-of-the-tests'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function startRedis(t: TestContext, port: number): Promise<Running> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', PASSWORD]
  const redis = run('redis-server', [...settings, '--save', '', '--appendonly', 'no'])
  t.after(async () => {
    redis.child.kill('SIGKILL')
    await redis.ended
  })
  await redis.says('Ready to accept connections')
  return redis
}

/** What is said of Redis by the metric and by the health of a service. */
async function redisOf(service: Service): Promise<[metric: string | undefined, check: string]> {
  const [metrics, health] = [
    await service.asAdmin('GET', '/metrics'),
    await service.call('GET', '/health'),
  ]
  assert.deepEqual([health.status, health.body.status], [200, 'ok'])
  return [
    /^strongroom_rate_limit_redis_up (\d)$/m.exec(metrics.body)?.[1],
    health.body.checks.redis,
  ]
}

const UP = ['1', 'ok']
const DOWN = ['0', 'unavailable']

async function untilRedis(service: Service, state: string[]): Promise<void> {
  const is = async () => (await redisOf(service)).join() === state.join()
  assert.ok(await eventually(is, 10_000), `Redis of the service is ${state.join()}`)
}

test('replicas share what they count', async (t) => {
  const port = await freePort()
  await startRedis(t, port)
  const env = { RATE_LIMIT_API: '10/1h', REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${port}` }
  const one = await startService(t, env)
  const two = await startService(t, env, one.database)
  await untilRedis(one, UP)
  await untilRedis(two, UP)
  const answers = await inParallel(30, 8, (n) =>
    (n % 2 === 0 ? one : two).call('GET', '/.well-known/jwks.json'),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 10)
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assertRefused(answer, 'RATE_LIMITED')
    assert.ok(Number(answer.headers.get('retry-after')) > 3_500)
  }
  // Wrong credentials are shared as well, in a count of their own.
  assertRefused(await two.call('GET', '/api/me'), 'RATE_LIMITED')
  assertRefused(await one.call('GET', '/balance/ada'), 'FORBIDDEN')
})

test('while Redis is away each replica counts for itself, and nobody waits for it', async (t) => {
  const port = await freePort()
  const redis = await startRedis(t, port)
  const env = { RATE_LIMIT_API: '40/1h', REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${port}` }
  const service = await startService(t, env)
  await untilRedis(service, UP)
  const call = () => service.call('GET', '/.well-known/jwks.json')
  for (let n = 0; n < 5; n++) assert.equal((await call()).status, 200)

  const killed = inParallel(20, 4, call)
  redis.child.kill('SIGKILL')
  for (const answer of await killed) assert.equal(answer.status, 200)
  await untilRedis(service, DOWN)
  // It counts from its own beginning, and up to the limit.
  let passed = 0
  while ((await call()).status === 200) passed++
  assert.ok(passed >= 20 && passed <= 40, `${passed} more`)

  const again = await startRedis(t, port)
  await untilRedis(service, UP)
  const fresh = await call()
  assert.deepEqual([fresh.status, fresh.headers.get('ratelimit-remaining')], [200, '39'])

  // One that hangs is as good as away.
  again.child.kill('SIGSTOP')
  const begun = Date.now()
  assert.notEqual((await call()).status, 500)
  assert.ok(Date.now() - begun < 2_000)
  await untilRedis(service, DOWN)
  again.child.kill('SIGCONT')
  await untilRedis(service, UP)
})

test('a wrong password is no reason to stop', async (t) => {
  const port = await freePort()
  await startRedis(t, port)
  const service = await startService(t, { REDIS_URL: `redis://:wrong@127.0.0.1:${port}` })
  assert.equal((await service.call('GET', '/.well-known/jwks.json')).status, 200)
  assert.deepEqual(await redisOf(service), DOWN)
})
