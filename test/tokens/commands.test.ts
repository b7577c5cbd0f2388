import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { eventually } from '../support/processes.ts'
import { command } from '../support/service-process.ts'
import { ADMIN_TOKEN, API_KEY_PEPPER, startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { bearer } from '../support/tokens.ts'

test('tokens are issued, listed, replaced and revoked by command, in the name of who did it', async (t) => {
  const service = await startService(t)
  const env = {
    NODE_ENV: 'test',
    DATABASE_URL: service.database.url,
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    API_KEY_PEPPER,
  }
  const run = (...args: string[]) => command(['tokens', ...args], env)
  const wrong = [
    ['--role', 'root'],
    ['--scope', 'internal', '--permissions', 'customers:read'],
    ['--role', 'owner', '--permissions', 'audit:read'],
    ['--role', 'owner', '--expires-at', 'tomorrow'],
    ['--role', 'owner', '--allowed-ips', '10.0.0.0/99'],
  ]
  for (const options of wrong) {
    const { status, stderr } = run('issue', 'ada', ...options)
    assert.equal(status, 1, stderr)
    assert.match(stderr, /^\/(role|permissions|expires_at|allowed_ips)/m)
  }
  for (const options of [
    ['--as', ''],
    ['--amount-max', '1.5'],
  ]) {
    assert.equal(run('issue', 'ada', '--role', 'owner', ...options).status, 2)
  }

  const issued = run('issue', 'ada', '--role', 'support', '--as', 'root of ada', '--json')
  assert.equal(issued.status, 0, issued.stderr)
  const { token, info } = JSON.parse(issued.stdout)
  assert.deepEqual([info.name, info.scope, info.role], ['ada', 'admin', 'support'])
  const rotated = run('rotate', info.token_id, '--overlap-seconds', '60')
  const next = rotated.stdout.trim()
  assert.match(next, /^srt_adm_\w{50}$/)
  const listed = run('list')
  assert.equal(listed.stdout.trim().split('\n').length, 2)
  assert.ok(!listed.stdout.includes(next))

  const ada = bearer(service, 'admin', token)
  const { body } = await service.asAdmin('POST', '/api/customers', { email: 'a@example.com' })
  const { customer_id: id } = body.customer
  assert.equal((await ada('POST', `/api/customers/${id}/api-keys`, {})).status, 201)
  const logged = async () => {
    const path = `/api/audit?actor=admin:${info.token_id}`
    return (await service.asAdmin('GET', path)).body.data.length > 0
  }
  assert.ok(await eventually(logged, 10_000))

  const revoked = run('revoke', info.token_id, '--as', 'bob')
  assert.equal(revoked.status, 0, revoked.stderr)
  assert.match(revoked.stdout, new RegExp(`^Revoked ${info.token_id} \\(ada\\)\\.\n`))
  assert.match(
    revoked.stdout,
    new RegExp(`api_key\\.created 1\\.\n.*Z  api_key\\.created  ${id}  `),
  )
  assert.ok(await eventually(async () => (await ada('GET', '/api/plans')).status === 401, 1_000))
  assert.equal((await bearer(service, 'admin', next)('GET', '/api/plans')).status, 200)

  const actors = await query<{ event: string; actor: string }[]>(
    service.database,
    'select event, actor from audit_records where subject = $1 order by id',
    [info.token_id],
  )
  assert.deepEqual(
    actors.map(({ event, actor }) => [event, actor]),
    [
      ['token.created', 'cli:root of ada'],
      ['token.rotated', `cli:${userInfo().username}`],
      ['token.revoked', 'cli:bob'],
    ],
  )
})
