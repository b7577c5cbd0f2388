import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Sql } from 'postgres'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import { asAdmin, configOf, databaseUrl } from '../support/database.ts'
import { WIDE_LIMITS } from '../support/service.ts'
import { witnessedLog } from '../support/tlog.ts'
import { chargesByHand, openByHand } from './by-hand.ts'
import { postgresSeconds, postmasterOf, processSeconds, withNeighbours } from './cpu.ts'
import { chooseLoad, isInstalled } from './load.ts'
import { measureAbuse } from './abuse.ts'
import { measureBulkheads } from './bulkheads.ts'
import { fullTiles, medianDelayMs, withLogAtRest, withLogUnpublished } from './audit.ts'
import { measureColdKeys } from './cold-keys.ts'
import { driverDeducts, pgbenchDeducts } from './pgbench.ts'
import { measureRefusals } from './refusals.ts'
import { withListeners } from './listeners.ts'
import { median, printTable, type Row } from './report.ts'
import { createCustomers, createToken, fillLedger, openControlledUsers, openUsers } from './seed.ts'
import { measureNeighbours } from './usage-neighbours.ts'

/**
 * `npm run bench [-- --rounds 5 --seconds 4 --large --refusals]`: every target is a ratio of two
 * things measured in this run, in turns, medians quoted. The raw numbers go to a file. `--only
 * attacks`, `--only usage-neighbours` (or a part of another name) measures that alone; `--refusals` adds how long refusals take.
 * `--only bulkheads [--many 1000000]`, which takes long, is what others feel of one thing that is stuck.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    large: { type: 'boolean', default: false },
    refusals: { type: 'boolean', default: false },
    only: { type: 'string' },
    many: { type: 'string', default: '1000000' },
    out: { type: 'string', default: join(tmpdir(), 'strongroom-bench.json') },
  },
})
const ROUNDS = Number(values.rounds)
const durationS = Number(values.seconds)
const MANY = 10_000
/** After a checkpoint the first change of each page is written whole; that is over then. */
const WARM_S = 20
const CUSTOMERS = 100
const LOG_ORIGIN = 'bench.example.com'
const CHECKOUT_ORIGINS = 'http://localhost'
const token = randomBytes(32).toString('hex')
const adminToken = randomBytes(32).toString('hex')
const webhookSecret = `whsec_${randomBytes(32).toString('hex')}`
const pepper = randomBytes(32).toString('hex')
const load = chooseLoad()
const ends: (() => unknown)[] = []
const bareDeducts = isInstalled('pgbench') ? pgbenchDeducts : driverDeducts

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
let isCompiled = false
let service: { child: ChildProcess; origin: string } | undefined
try {
  await migrate(configOf(url), configOf(serviceUrl))
  const sql = connect(configOf(url), { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  await openUsers(sql, MANY)
  await fillLedger(sql, 10_000)
  await openControlledUsers(sql, MANY)
  await openByHand(sql, MANY)
  service = await startService()

  const samples = new Map<string, number[]>()
  const { origin, child } = service
  const bare = await startBare()
  ends.push(() => stopService(bare.child))
  const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  const spent = () => ({
    process: processSeconds(child),
    postgres: embedded === null ? NaN : postgresSeconds(postmasterOf(backend?.pid ?? 0)),
  })
  const apiKeys = await createCustomers(origin, adminToken, CUSTOMERS)
  const many = {
    origin,
    token,
    durationS,
    users: MANY,
    prefix: 'user-',
    apiKeys,
    webhookSecret,
  }
  const one = { ...many, users: 1 }
  const known = { ...many, token: await createToken(origin, adminToken) }
  const alone = { ...many, connections: 1 }
  const ofBare = { ...many, origin: bare.origin }
  const byHand = isInstalled('pgbench')
    ? {
        'by hand': () => chargesByHand(url, { users: MANY, durationS }),
        'by hand, one account': () => chargesByHand(url, { users: 1, durationS }),
        'by hand, one client': () => chargesByHand(url, { users: MANY, durationS, clients: 1 }),
        'by hand, busy neighbours': () =>
          withNeighbours(() => chargesByHand(url, { users: MANY, durationS })),
      }
    : {}
  const measures: Record<string, () => Promise<number>> = {
    ...byHand,
    'deduct, busy neighbours': () => withNeighbours(() => load.deducts('/deduct', many)),
    'deduct, one connection': () => load.deducts('/deduct', alone),
    'bare live': () => load.asks('/health/live', ofBare),
    live: () => load.asks('/health/live', many),
    'bare balance': () => load.reads('/balance', ofBare),
    'bare report': () => load.reports('/api/usage/report', ofBare),
    'bare webhook': () => load.webhooks('/api/webhooks/stripe', ofBare),
    'empty POST': () => load.deducts('/empty/deduct', many),
    deduct: () => load.deducts('/deduct', many),
    'deduct, log at rest': () => withLogAtRest(url, () => load.deducts('/deduct', many)),
    'deduct, three endpoints': () =>
      withListeners(origin, adminToken, () => load.deducts('/deduct', many)),
    'deduct, log unpublished': () => withLogUnpublished(url, () => load.deducts('/deduct', many)),
    'bare deduct': () => bareDeducts(url, many),
    'hot deduct': () => load.deducts('/deduct', one),
    'bare hot deduct': () => bareDeducts(url, one),
    'batched deduct': () => load.batches('/transfers/batch', many),
    'batched hot deduct': () => load.batches('/transfers/batch', one),
    'deduct with a grant': () => load.deducts('/deduct', { ...many, prefix: 'granted-' }),
    'deduct with three budgets': () => load.deducts('/deduct', { ...many, prefix: 'budgeted-' }),
    check: () => load.checks('/check', many),
    'empty GET': () => load.reads('/empty/balance', many),
    balance: () => load.reads('/balance', many),
    'empty report': () => load.reports('/empty/usage/report', many),
    report: () => load.reports('/api/usage/report', many),
    'empty tile': async () => load.tiles('/empty/tile', await tilesOf(many)),
    tile: async () => load.tiles('/log/tile', await tilesOf(many)),
    'empty checkpoint': () => load.asks('/empty/checkpoint', many),
    'published checkpoint': () => load.asks('/log/checkpoint', many),
    'empty webhook': () => load.webhooks('/empty/webhooks/stripe', many),
    webhook: () => load.webhooks('/api/webhooks/stripe', many),
    'open key check': () => load.asks('/empty/open', many),
    'key check': () => load.asks('/empty/guarded', many),
    'token of the environment': () => load.reads('/empty/balance', many),
    'token of the database': () => load.reads('/empty/balance', known),
  }
  const tilesOf = async <T extends object>(options: T) => ({
    ...options,
    users: Math.max(1, await fullTiles(sql)),
  })
  const wanted = ([name]: [string, unknown]) =>
    values.only === undefined || name.includes(values.only)
  await measureInTurns(Object.fromEntries(Object.entries(measures).filter(wanted)), samples, spent)
  const ratios: Parameters<typeof ratio>[] = [
    ['POST /deduct, 10,000 accounts', 'deduct', 'a ledger by hand', 'by hand', 1],
    ['POST /deduct, one account', 'hot deduct', 'a ledger by hand', 'by hand, one account', 8],
    [
      'POST /deduct, with busy neighbours',
      'deduct, busy neighbours',
      'a ledger by hand',
      'by hand, busy neighbours',
      0.8,
    ],
    [
      'POST /deduct, one connection',
      'deduct, one connection',
      'a ledger by hand',
      'by hand, one client',
      0.5,
    ],
    ['the route that does nothing', 'live', 'bare Fastify', 'bare live', 0.75],
    ['GET /balance/:user_id', 'balance', 'bare Fastify', 'bare balance', 0.6],
    ['POST /api/usage/report', 'report', 'bare Fastify', 'bare report', 0.4],
    ['POST /api/webhooks/stripe', 'webhook', 'bare Fastify', 'bare webhook', 0.3],
    ['POST /deduct, 10,000 accounts', 'deduct', 'one transaction each', 'bare deduct', 1.25],
    ['POST /deduct, one account', 'hot deduct', 'one transaction each', 'bare hot deduct', 15],
    ['POST /deduct', 'deduct', 'the empty route', 'empty POST', 0.4],
    ['charges in batches of 100', 'batched deduct', 'POST /deduct', 'deduct', 5],
    ['charges in batches of 100', 'batched deduct', 'one transaction each', 'bare deduct', 4],
    [
      'charges in batches of 100, one account',
      'batched hot deduct',
      'one transaction each',
      'bare hot deduct',
      20,
    ],
    ['POST /deduct, one grant', 'deduct with a grant', 'without', 'deduct', 0.9],
    ['POST /deduct, three budgets', 'deduct with three budgets', 'without', 'deduct', 0.8],
    ['POST /check', 'check', 'GET /balance', 'balance', 0.8],
    ['GET /balance/:user_id', 'balance', 'the empty route', 'empty GET', 0.7],
    ['POST /api/usage/report, warm keys', 'report', 'the empty route', 'empty report', 0.4],
    ['POST /api/webhooks/stripe', 'webhook', 'the empty route', 'empty webhook', 0.35],
    ['POST /deduct, logged behind the commit', 'deduct', 'not logged', 'deduct, log at rest', 0.8],
    [
      'POST /deduct, three endpoints listening to funds.*',
      'deduct, three endpoints',
      'without',
      'deduct',
      0.9,
    ],
    [
      'POST /deduct, the log published and witnessed',
      'deduct',
      'not published',
      'deduct, log unpublished',
      0.97,
    ],
    ['GET /log/tile/…', 'tile', 'the empty route', 'empty tile', 0.5],
    ['GET /log/checkpoint', 'published checkpoint', 'the empty route', 'empty checkpoint', 0.5],
    ['the API key check, key seen before', 'key check', 'no check', 'open key check', 0.95],
    [
      'a known token',
      'token of the database',
      'that of the environment',
      'token of the environment',
      0.97,
    ],
  ]
  const rows: Row[] = ratios
    .filter(([, subject, , base]) => samples.has(subject) && samples.has(base))
    .map((each) => ratio(...each))
  if (samples.has('deduct')) {
    const delayMs = await medianDelayMs(sql)
    rows.push({
      what: 'from a movement to its record in the log, median under load',
      value: `${delayMs.toFixed(0)} ms`,
      target: '≤ 100 ms',
      met: delayMs <= 100,
    })
  }
  rows.push({
    what: 'resident memory under load',
    value: `${(residentBytes(child.pid ?? 0) / 1e6).toFixed(0)} MB`,
    target: '≤ 200 MB',
    met: residentBytes(child.pid ?? 0) <= 200e6,
  })
  if (wanted(['attacks', undefined])) rows.push(...(await measureAttacks(sql, samples)))
  if (wanted(['usage-neighbours', undefined])) {
    rows.push(
      ...(await measureNeighbours({ origin, adminToken, rounds: ROUNDS, durationS }, samples)),
    )
  }
  if (values.only === 'bulkheads') {
    const options = {
      url,
      token,
      adminToken,
      rounds: ROUNDS,
      durationS,
      many: Number(values.many),
      createCustomers: (at: string, count: number) => createCustomers(at, adminToken, count),
      start: async (env: Record<string, string>) => {
        const started = await startService(serviceUrl, { ...WIDE_LIMITS, CHECKOUT_ORIGINS, ...env })
        return {
          origin: started.origin,
          mute: () => started.child.stdout?.pause(),
          stop: () => stopService(started.child),
        }
      },
    }
    rows.push(...(await measureBulkheads(options, samples)))
  }
  if (values.refusals) rows.push(...(await measureRefusals(origin, adminToken, samples)))
  if (values.large) {
    await measureLarge(samples)
    const [stored, before] = ['deduct, 10 million stored', 'deduct, 10 thousand stored']
    rows.push(
      ratio('POST /deduct, 10 million transfers stored', stored, '10 thousand', before, 0.9),
    )
  }
  await sql.end()
  writeFileSync(values.out, `${JSON.stringify(Object.fromEntries(samples), null, 2)}\n`)
  printTable(rows)
  const baseline = bareDeducts === pgbenchDeducts ? 'pgbench' : 'postgres.js (no pgbench here)'
  process.stdout.write(
    `\n${ROUNDS} rounds of ${durationS} s, 64 connections, load from ${load.name}, single transactions by ${baseline}.\nRequests a second of every round: ${values.out}\n`,
  )
  if (rows.some((row) => !row.met)) process.exitCode = 1

  function ratio(
    what: string,
    subject: string,
    against: string,
    base: string,
    target: number,
  ): Row {
    const [a, b] = [median(samples.get(subject)), median(samples.get(base))]
    const value = `${(a / b).toFixed(2)} × (${a.toFixed(0)} : ${b.toFixed(0)})`
    return {
      what: `${what} against ${against}`,
      value,
      target: `≥ ${target} ×`,
      met: a / b >= target,
    }
  }
} finally {
  service?.child.kill('SIGTERM')
  if (service !== undefined) await once(service.child, 'exit')
  for (const end of ends) await end()
  await embedded?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** On a service with the limits of development: with wider ones it would be attacked for longer. */
async function measureAttacks(sql: Sql, samples: Map<string, number[]>): Promise<Row[]> {
  const { origin, stop } = await start({ TRUST_PROXY: '127.0.0.1' })
  const rows: Row[] = []
  try {
    const apiKeys = await createCustomers(origin, adminToken, CUSTOMERS / 10)
    rows.push(
      await measureAbuse({ origin, adminToken, apiKeys, rounds: ROUNDS, durationS }, samples),
    )
  } finally {
    await stop()
  }
  const restart = () => start(WIDE_LIMITS)
  rows.push(await measureColdKeys({ sql, pepper, rounds: ROUNDS, start: restart }, samples))
  return rows
}

/** One more service on the same database. */
async function start(limits: Record<string, string>) {
  const { child, origin } = await startService(serviceUrl, limits)
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { origin, stop }
}

/** Two databases on one server, each with a service of its own, whose measurements are interleaved once both are warm. */
async function measureLarge(samples: Map<string, number[]>): Promise<void> {
  const sizes = { '10 thousand': 10_000, '10 million': 10_000_000 }
  const services: { child: ChildProcess; origin: string }[] = []
  try {
    const measures: Record<string, () => Promise<number>> = {}
    for (const [name, count] of Object.entries(sizes)) {
      process.stderr.write(`Storing ${name} transfers\n`)
      const database = await filledDatabase(count)
      const { origin, child } = await startService(database)
      services.push({ origin, child })
      const target = {
        origin,
        token,
        durationS,
        users: MANY,
        prefix: 'user-',
        apiKeys: [],
        webhookSecret,
      }
      await load.deducts('/deduct', { ...target, durationS: WARM_S })
      measures[`deduct, ${name} stored`] = () => load.deducts('/deduct', target)
    }
    await measureInTurns(measures, samples)
  } finally {
    for (const { child } of services) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    for (const count of Object.values(sizes)) {
      await asAdmin(adminUrl, (admin) => admin.unsafe(`drop database if exists ${nameFor(count)}`))
    }
  }
}

function nameFor(count: number): string {
  return `strongroom_bench_${count}`
}

/** A database of the same server with so many transfers, settled as one is that has grown slowly. */
async function filledDatabase(count: number): Promise<string> {
  const name = nameFor(count)
  const database = databaseUrl(url, name)
  const owner = new URL(url).username
  await asAdmin(adminUrl, async (admin) => {
    await admin.unsafe(`drop database if exists ${name}`)
    await admin.unsafe(`create database ${name} owner ${owner}`)
  })
  const config = configOf(database)
  await migrate(config, configOf(databaseUrl(serviceUrl, name)))
  const sql = connect(config, { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  await openUsers(sql, MANY)
  await fillLedger(sql, count)
  await sql`vacuum analyze`
  await sql`checkpoint`.catch(() => undefined)
  await sql.end()
  return databaseUrl(serviceUrl, name)
}

/** A log with a key and a witness. The witness is in this process, as it would be on another machine. */
async function stopService(child: ChildProcess): Promise<void> {
  // It writes the rest of its log before it ends.
  child.stdout?.resume()
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function measureInTurns(
  measures: Record<string, () => Promise<number>>,
  samples: Map<string, number[]>,
  spent?: () => Record<string, number>,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    // There and back: what one leaves behind, as for autovacuum to clean, must not burden the same next.
    const entries = Object.entries(measures)
    for (const [name, measure] of round % 2 === 1 ? entries : entries.toReversed()) {
      const before = spent?.() ?? {}
      const perSecond = await measure()
      samples.set(name, [...(samples.get(name) ?? []), perSecond])
      // What one call costs is stable where the machine is not.
      const costs = Object.entries(spent?.() ?? {}).map(([what, seconds]) => {
        const us = ((seconds - (before[what] ?? 0)) / (perSecond * durationS)) * 1e6
        samples.set(`${name}, µs of ${what}`, [
          ...(samples.get(`${name}, µs of ${what}`) ?? []),
          us,
        ])
        return `${what} ${us.toFixed(0)} µs`
      })
      const line = [`round ${round}  ${name.padEnd(26)} ${perSecond.toFixed(0)}/s`, ...costs]
      process.stderr.write(`${line.join('  ')}\n`)
    }
  }
}

/** Fastify with nothing of the service's, in a process of its own. */
function startBare(): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [join(compiled(), 'test', 'bench', 'bare.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, INTERNAL_SERVICE_TOKEN: token },
  })
  return listening(child)
}

async function startService(
  database = serviceUrl,
  limits: Record<string, string> = WIDE_LIMITS,
): Promise<{ child: ChildProcess; origin: string }> {
  const out = compiled()
  const { flags, variables } = settingsOfStart()
  const child = spawn(process.execPath, [...flags, join(out, 'test', 'bench', 'server.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...variables,
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
    },
  })
  return listening(child)
}

/** Waits for the first line of a server, which says where it listens. */
async function listening(child: ChildProcess): Promise<{ child: ChildProcess; origin: string }> {
  if (child.stdout === null) throw new Error('Its output is not read')
  const died = once(child, 'exit').then(() => {
    throw new Error('The service of the bench did not start')
  })
  const [line] = (await Promise.race([once(child.stdout, 'data'), died])) as [Buffer]
  died.catch(() => undefined)
  return { child, origin: line.toString().trim() }
}

/** As in production: a loader in the process would count in its memory. @returns where it is */
function compiled(): string {
  const out = join('node_modules', '.bench')
  if (isCompiled) return out
  execFileSync('npx', ['tsc', '--noEmit', 'false', '--rootDir', '.', '--outDir', out])
  cpSync('package.json', join(out, 'package.json'))
  cpSync('src/docs/guides', join(out, 'src/docs/guides'), { recursive: true })
  isCompiled = true
  return out
}

/** What `npm start` gives Node, so that memory and speed are those of the service. */
function settingsOfStart() {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { start: string }
  }
  const words = scripts.start.split(' ')
  const assignments = words.filter((word) => /^[A-Z_]+=/.test(word))
  return {
    flags: words.filter((word) => word.startsWith('--')),
    variables: Object.fromEntries(
      assignments.map((word) => word.split('=', 2) as [string, string]),
    ),
  }
}

function residentBytes(pid: number): number {
  return 4_096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
}
