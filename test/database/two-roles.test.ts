import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import { powersOf } from '../../src/database/powers.ts'
import { WrongRoles } from '../../src/database/roles.ts'
import { SERVICE_ROLE, asAdmin, configOf, createDatabase } from '../support/database.ts'
import { moneyClients } from '../support/money-clients.ts'
import { eventually } from '../support/processes.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import {
  command,
  commandBeside,
  newDataDir,
  startServiceProcess,
} from '../support/service-process.ts'
import { query } from '../support/tables.ts'

const BOUND = { altering: [], excess: [], lacking: [] }
const WARNING = /can alter and drop the tables/
const USERS = ['ada', 'bob']
const CLIENTS = 4

const powers = (url: string) => asAdmin(url, powersOf)

/** A server as a version with one role left it: that owns the database and everything in it. */
async function serverWithOneRole(t: TestContext) {
  const dataDir = newDataDir(t)
  const server = await startEmbeddedPostgres({ dataDir })
  t.after(() => server.stop())
  const superUrl = server.adminUrl.replace(/postgres$/, 'strongroom')
  await asAdmin(superUrl, async (sql) => {
    await sql.unsafe('reassign owned by strongroom_owner to strongroom')
    await sql.unsafe('drop owned by strongroom_owner')
    await sql.unsafe('drop role strongroom_owner')
    await sql.unsafe('grant connect, temporary on database strongroom to public')
  })
  await migrate(configOf(server.url), configOf(server.url))
  return { ...server, dataDir, superUrl }
}

/** What psql reads, but for its own commands. */
function scriptOf(path: string, password: string): string {
  const lines = readFileSync(path, 'utf8').split('\n')
  const statements = lines.filter((line) => !/^\s*\\/.test(line)).join('\n')
  return statements.replaceAll(":'owner_password'", `'${password}'`)
}

test('a service with one role moves to two, and goes on meanwhile', async (t) => {
  const { url, migrationUrl, superUrl } = await serverWithOneRole(t)
  const env = { DATABASE_URL: url, INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN, LOG_LEVEL: 'warn' }
  const service = await startServiceProcess(t, newDataDir(t), env)
  assert.match(service.output(), WARNING)
  assert.match((await powers(url)).altering.join(), /^owns the database, /)
  for (const user_id of USERS) {
    for (const [path, body] of [
      ['/account', { user_id, tier: 'pro' }],
      ['/top_up', { user_id, amount: 100_000 }],
    ] as const) {
      await fetch(service.origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
        body: JSON.stringify(body),
      })
    }
  }
  const clients = moneyClients({
    clients: CLIENTS,
    userIds: USERS,
    origin: () => service.origin,
  })
  t.after(() => clients.stop())
  const goesOn = () => {
    const before = clients.acknowledged.size
    return eventually(() => clients.acknowledged.size > before + CLIENTS, 10_000)
  }
  assert.ok(await goesOn())

  await asAdmin(superUrl, (sql) => sql.unsafe(scriptOf('deploy/two-roles.sql', 'canary-password')))
  assert.ok(await goesOn(), 'as a member of the owner')
  const owner = { MIGRATION_DATABASE_URL: migrationUrl }
  const migrated = await commandBeside(['migrate', '--as', 'ada'], { ...env, ...owner })
  assert.deepEqual([migrated.status, migrated.output], [0, 'The schema is up to date.\n'])
  assert.match((await powers(url)).altering.join(), /^owns the database, /)
  await asAdmin(superUrl, (sql) => sql.unsafe('revoke strongroom_owner from strongroom'))
  assert.deepEqual(await powers(url), BOUND)
  assert.ok(await goesOn(), 'by its own privileges')
  await clients.stop()
  assert.deepEqual([clients.wrong, clients.totals().failed], [[], 0])

  const next = await startServiceProcess(t, newDataDir(t), env)
  assert.equal((await fetch(`${next.origin}/health`)).status, 200)
  assert.doesNotMatch(next.output(), WARNING)
})

test('an embedded server of a version with one role is made over at its next start', async (t) => {
  const server = await serverWithOneRole(t)
  const { dataDir, url } = server
  await server.stop()
  const service = await startServiceProcess(t, dataDir)
  assert.equal((await fetch(`${service.origin}/health`)).status, 200)
  assert.doesNotMatch(service.output(), WARNING)
  assert.deepEqual(await powers(url), BOUND)
})

test('a migration gives the service’s role what it lacks, and takes what it has too much', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  await query(
    database,
    `revoke select on plans from ${SERVICE_ROLE};
     revoke all on transfers from ${SERVICE_ROLE};
     revoke usage on schema drizzle from ${SERVICE_ROLE};
     grant truncate, trigger on audit_records to ${SERVICE_ROLE};
     grant update on transfers to ${SERVICE_ROLE};
     grant update (metadata) on audit_records to ${SERVICE_ROLE};
     grant usage on sequence accounts_id_seq to ${SERVICE_ROLE};
     grant create on schema public to ${SERVICE_ROLE}`,
  )
  const { altering, excess, lacking } = await powers(database.url)
  assert.deepEqual(altering, ['can make things in the schema public'])
  assert.ok(excess.includes('TRUNCATE on audit_records') && excess.includes('UPDATE on transfers'))
  assert.ok(lacking.includes('SELECT on plans') && lacking.includes('INSERT on transfers'))
  assert.ok(lacking.includes('USAGE on the schema drizzle'))
  await migrate(configOf(database.ownerUrl), configOf(database.url))
  assert.deepEqual(await powers(database.url), BOUND)
  const [sequence] = await query<{ may: boolean }[]>(
    database,
    `select has_sequence_privilege('${SERVICE_ROLE}', 'accounts_id_seq', 'USAGE') as may`,
  )
  assert.equal(sequence?.may, false)
})

test('two URLs that do not belong together are refused, and no secret of them is shown', async (t) => {
  const [one, other] = [await createDatabase(), await createDatabase()]
  t.after(() => Promise.all([one.drop(), other.drop()]))
  const different = migrate(configOf(one.ownerUrl), configOf(other.url))
  await assert.rejects(different, { constructor: WrongRoles, message: /different databases/ })

  const run = (owner: string, service = one.url) =>
    command(['migrate'], { DATABASE_URL: service, MIGRATION_DATABASE_URL: owner })
  const wrong = (url: string, change: (url: URL) => void) => {
    const changed = new URL(url)
    change(changed)
    return changed.href
  }
  const nobody = wrong(one.url, (url) => (url.username = 'nobody_of_that_name'))
  const secret = new URL(one.ownerUrl).password
  for (const [owner, service, message] of [
    [other.ownerUrl, one.url, /different databases/],
    [wrong(one.ownerUrl, (url) => (url.pathname = '/none')), one.url, /does not exist/],
    [nobody, one.url, /refuses the user or password in .*MIGRATION_DATABASE_URL/],
    [one.ownerUrl, nobody, /refuses the user or password in DATABASE_URL/],
  ] as const) {
    const { status, stdout, stderr } = run(owner, service)
    assert.equal(status, 1, stderr)
    assert.match(stderr, message)
    assert.ok(secret === '' || !(stdout + stderr).includes(secret))
  }

  await query(one, 'alter table plans owner to current_user')
  const { status, stderr } = run(one.ownerUrl)
  assert.equal(status, 1)
  assert.match(stderr, /The tables belong to the role \w+, .*two-roles\.sql/)
})
