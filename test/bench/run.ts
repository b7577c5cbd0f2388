import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Sql } from 'postgres'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import { configOf } from '../support/database.ts'
import { WIDE_LIMITS } from '../support/service.ts'
import { witnessedLog } from '../support/tlog.ts'
import { measureAbuse } from './abuse.ts'
import { medianDelayMs } from './audit.ts'
import { measureBulkheads } from './bulkheads.ts'
import { openByHand } from './by-hand.ts'
import { measureColdKeys } from './cold-keys.ts'
import { postgresSeconds, postmasterOf, processSeconds, withNeighbours } from './cpu.ts'
import { measureLarge } from './large.ts'
import { chooseLoad } from './load.ts'
import { bareDeducts, measuresOf } from './measures.ts'
import { measurePassage } from './passage.ts'
import { pgbenchDeducts } from './pgbench.ts'
import { type Running, residentBytes, startProgram } from './processes.ts'
import { measureRefusals } from './refusals.ts'
import { type Row, type Samples, printRows, printTable } from './report.ts'
import { createCustomers, createToken, fillLedger, openControlledUsers, openUsers } from './seed.ts'
import { TARGETS, rowsOf } from './targets.ts'
import { measureInTurns, tableOf } from './turns.ts'
import { measureNeighbours } from './usage-neighbours.ts'

/**
 * `npm run bench [-- --rounds 5 --seconds 4 --large --refusals]`: every target is a ratio of two
 * things measured in this run, in turns, medians quoted. The raw numbers go to a file. `--only
 * attacks`, `--only usage-neighbours`, `--only plumbing` (or a part of another name) measures that
 * alone; `--refusals` adds how long refusals take; `--neighbours` measures each beside as many busy
 * loops as there are cores. `--only bulkheads [--many 1000000] [--stuck 'a locked']`, which takes long, is
 * what others feel of one thing that is stuck.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    large: { type: 'boolean', default: false },
    refusals: { type: 'boolean', default: false },
    neighbours: { type: 'boolean', default: false },
    only: { type: 'string' },
    many: { type: 'string', default: '1000000' },
    stuck: { type: 'string', default: '' },
    out: { type: 'string', default: join(tmpdir(), 'strongroom-bench.json') },
  },
})
const ROUNDS = Number(values.rounds)
const durationS = Number(values.seconds)
const MANY = 10_000
const CUSTOMERS = 100
const MEMORY_MAX = 160e6
const LOG_ORIGIN = 'bench.example.com'
const CHECKOUT_ORIGINS = 'http://localhost'
const token = randomBytes(32).toString('hex')
const adminToken = randomBytes(32).toString('hex')
const webhookSecret = `whsec_${randomBytes(32).toString('hex')}`
const pepper = randomBytes(32).toString('hex')
const load = chooseLoad()
const ends: (() => unknown)[] = []

const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
const eventsKeyPath = join(dataDir, 'events-key.pem')
const eventsKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
writeFileSync(eventsKeyPath, eventsKey, { mode: 0o600 })
const given = process.env['DATABASE_URL']
const embedded =
  given === undefined
    ? await startEmbeddedPostgres({ dataDir, settings: { max_connections: '100' } })
    : null
const url = given ?? embedded!.migrationUrl
const serviceUrl = given ?? embedded!.url
const adminUrl = given ?? embedded!.adminUrl
const logVariables = await witnessedLog(
  { after: (end) => void ends.push(end as () => unknown) },
  dataDir,
  LOG_ORIGIN,
)
try {
  await migrate(configOf(url), configOf(serviceUrl))
  const sql = connect(configOf(url), { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  await openUsers(sql, MANY)
  await fillLedger(sql, 10_000)
  await openControlledUsers(sql, MANY)
  await openByHand(sql, MANY)
  const service = await start(WIDE_LIMITS)
  ends.push(service.stop)
  const bare = await startProgram('bare', { INTERNAL_SERVICE_TOKEN: token })
  ends.push(bare.stop)

  const samples: Samples = new Map()
  const { origin, child } = service
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  const spent = () => ({
    process: processSeconds(child),
    postgres: embedded === null ? NaN : postgresSeconds(postmasterOf(backend?.pid ?? 0)),
  })
  const target = {
    origin,
    token,
    durationS,
    users: MANY,
    prefix: 'user-',
    apiKeys: await createCustomers(origin, adminToken, CUSTOMERS),
    webhookSecret,
  }
  const measures = measuresOf({
    load,
    target,
    bareOrigin: bare.origin,
    adminToken,
    storedToken: await createToken(origin, adminToken),
    url,
    sql,
  })
  const isNamed = (name: string) => values.only === undefined || name.includes(values.only)
  // What a target compares is measured in the same run.
  const compared = TARGETS.filter(({ subject, base }) => isNamed(subject) || isNamed(base))
  const isWanted = (name: string) =>
    isNamed(name) || compared.some(({ subject, base }) => name === subject || name === base)
  const chosen = Object.entries(measures).filter(([name]) => isWanted(name))
  const beside = chosen.map(([name, measure]) => [name, () => withNeighbours(measure)] as const)
  const taken = Object.fromEntries(values.neighbours ? beside : chosen)
  await measureInTurns(taken, samples, { rounds: ROUNDS, durationS, spent })
  const rows = rowsOf(TARGETS, samples)
  if (samples.has('deduct')) {
    const delayMs = await medianDelayMs(sql)
    rows.push({
      what: 'from a movement to its record in the log, median under load',
      value: `${delayMs.toFixed(0)} ms`,
      target: '≤ 100 ms',
      met: delayMs <= 100,
    })
    const bytes = residentBytes(child.pid ?? 0)
    rows.push({
      what: 'resident memory under load',
      value: `${(bytes / 1e6).toFixed(0)} MB`,
      target: `≤ ${MEMORY_MAX / 1e6} MB`,
      met: bytes <= MEMORY_MAX,
    })
  }
  if (isWanted('attacks')) rows.push(...(await measureAttacks(sql, samples)))
  if (isWanted('usage-neighbours')) {
    const options = { origin, adminToken, rounds: ROUNDS, durationS }
    rows.push(...(await measureNeighbours(options, samples)))
  }
  if (isWanted('plumbing')) {
    rows.push(...(await measurePassage({ load, target, rounds: ROUNDS }, samples)))
  }
  if (values.only === 'bulkheads') {
    const options = {
      url,
      token,
      adminToken,
      rounds: ROUNDS,
      durationS,
      many: Number(values.many),
      stuck: values.stuck,
      createCustomers: (at: string, count: number) => createCustomers(at, adminToken, count),
      start: async (env: Record<string, string>) => {
        const started = await start({ ...WIDE_LIMITS, CHECKOUT_ORIGINS, ...env })
        return { ...started, mute: () => started.child.stdout?.pause() }
      },
    }
    rows.push(...(await measureBulkheads(options, samples)))
  }
  if (values.refusals) rows.push(...(await measureRefusals(origin, adminToken, samples)))
  if (values.large) {
    const options = {
      urls: { owner: url, service: serviceUrl, admin: adminUrl },
      users: MANY,
      rounds: ROUNDS,
      durationS,
      start: (database: string) => start(WIDE_LIMITS, database),
      charges: (at: string, seconds: number) =>
        load.deducts('/deduct', { ...target, origin: at, durationS: seconds }),
    }
    rows.push(...(await measureLarge(options, samples)))
  }
  await sql.end()
  writeFileSync(values.out, `${JSON.stringify(Object.fromEntries(samples), null, 2)}\n`)
  printTable(tableOf(Object.keys(taken), samples))
  process.stdout.write('\n')
  printRows(rows)
  const baseline = bareDeducts === pgbenchDeducts ? 'pgbench' : 'postgres.js (no pgbench here)'
  process.stdout.write(
    `\n${ROUNDS} rounds of ${durationS} s, 64 connections, load from ${load.name}, single transactions by ${baseline}.\nWhat every round gave: ${values.out}\n`,
  )
  if (rows.some((row) => !row.met)) process.exitCode = 1
} finally {
  for (const end of ends.toReversed()) await end()
  await embedded?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** On a service with the limits of development: with wider ones it would be attacked for longer. */
async function measureAttacks(sql: Sql, samples: Samples): Promise<Row[]> {
  const { origin, stop } = await start({ TRUST_PROXY: '127.0.0.1' })
  const rows: Row[] = []
  try {
    const create = (count: number) => createCustomers(origin, adminToken, count)
    const apiKeys = await create(CUSTOMERS / 10)
    const options = { origin, apiKeys, createCustomers: create, rounds: ROUNDS, durationS }
    rows.push(await measureAbuse(options, samples))
  } finally {
    await stop()
  }
  const restart = () => start(WIDE_LIMITS)
  rows.push(await measureColdKeys({ sql, pepper, rounds: ROUNDS, start: restart }, samples))
  return rows
}

function start(limits: Record<string, string>, database = serviceUrl): Promise<Running> {
  return startProgram('server', {
    DATABASE_URL: database,
    PORT: '0',
    LOG_LEVEL: 'warn',
    INTERNAL_SERVICE_TOKEN: token,
    ADMIN_API_TOKEN: adminToken,
    API_KEY_PEPPER: pepper,
    EVENTS_KEY_PATH: eventsKeyPath,
    ...logVariables,
    // Nothing is asked of it: no jobs run here.
    STRIPE_SECRET_KEY: 'sk_test_of_the_bench_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    ...limits,
  })
}
