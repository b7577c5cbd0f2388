import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '../../src/plugins/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/plugins/database/embedded/index.ts'
import { migrate } from '../../src/plugins/database/migrate.ts'
import { chooseLoad, isInstalled } from './load.ts'
import { driverDeducts, pgbenchDeducts } from './pgbench.ts'
import { median, printTable, type Row } from './report.ts'
import { createCustomers, fillLedger, openUsers } from './seed.ts'

/**
 * `npm run bench [-- --rounds 5 --seconds 4 --large]`: every target is a ratio of two
 * things measured in this run, in turns, medians quoted. The raw numbers go to a file.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    large: { type: 'boolean', default: false },
    out: { type: 'string', default: join(tmpdir(), 'strongroom-bench.json') },
  },
})
const ROUNDS = Number(values.rounds)
const durationS = Number(values.seconds)
const MANY = 10_000
const CUSTOMERS = 100
const token = randomBytes(32).toString('hex')
const adminToken = randomBytes(32).toString('hex')
const load = chooseLoad()
const bareDeducts = isInstalled('pgbench') ? pgbenchDeducts : driverDeducts

const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
const given = process.env['DATABASE_URL']
const embedded =
  given === undefined
    ? await startEmbeddedPostgres({ dataDir, settings: { max_connections: '100' } })
    : null
const url = given ?? embedded!.url
let service: { child: ChildProcess; origin: string } | undefined
try {
  await migrate(url)
  const sql = connect({ url, ssl: 'disable', ca: undefined }, { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  await openUsers(sql, MANY)
  await fillLedger(sql, 10_000)
  service = await startService()

  const samples = new Map<string, number[]>()
  const { origin, child } = service
  const apiKeys = await createCustomers(origin, adminToken, CUSTOMERS)
  const many = { origin, token, durationS, users: MANY, apiKeys }
  const one = { ...many, users: 1 }
  const measures: Record<string, () => Promise<number>> = {
    'empty POST': () => load.deducts('/empty/deduct', many),
    deduct: () => load.deducts('/deduct', many),
    'bare deduct': () => bareDeducts(url, many),
    'hot deduct': () => load.deducts('/deduct', one),
    'bare hot deduct': () => bareDeducts(url, one),
    'empty GET': () => load.reads('/empty/balance', many),
    balance: () => load.reads('/balance', many),
    'empty report': () => load.reports('/empty/usage/report', many),
    report: () => load.reports('/api/usage/report', many),
  }
  await measureInTurns(measures, samples)
  const rows: Row[] = [
    ratio('POST /deduct, 10,000 accounts', 'deduct', 'one transaction each', 'bare deduct', 1.25),
    ratio('POST /deduct, one account', 'hot deduct', 'one transaction each', 'bare hot deduct', 15),
    ratio('POST /deduct', 'deduct', 'the empty route', 'empty POST', 0.4),
    ratio('GET /balance/:user_id', 'balance', 'the empty route', 'empty GET', 0.7),
    ratio('POST /api/usage/report, warm keys', 'report', 'the empty route', 'empty report', 0.4),
  ]
  rows.push({
    what: 'resident memory under load',
    value: `${(residentBytes(child.pid ?? 0) / 1e6).toFixed(0)} MB`,
    target: '≤ 200 MB',
    met: residentBytes(child.pid ?? 0) <= 200e6,
  })
  if (values.large) {
    const measure = { 'deduct, 10 million stored': () => load.deducts('/deduct', many) }
    const small = { 'deduct, 10 thousand stored': () => load.deducts('/deduct', many) }
    await measureInTurns(small, samples)
    process.stderr.write('Storing 10 million transfers, which takes minutes\n')
    await fillLedger(sql, 10_000_000)
    await measureInTurns(measure, samples)
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
  await embedded?.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

async function measureInTurns(
  measures: Record<string, () => Promise<number>>,
  samples: Map<string, number[]>,
): Promise<void> {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const perSecond = await measure()
      samples.set(name, [...(samples.get(name) ?? []), perSecond])
      process.stderr.write(`round ${round}  ${name.padEnd(26)} ${perSecond.toFixed(0)}/s\n`)
    }
  }
}

async function startService(): Promise<{ child: ChildProcess; origin: string }> {
  // Compiled, as in production: a loader in the process would count in its memory.
  const out = join('node_modules', '.bench')
  execFileSync('npx', ['tsc', '--noEmit', 'false', '--rootDir', '.', '--outDir', out])
  cpSync('package.json', join(out, 'package.json'))
  const child = spawn(
    process.execPath,
    [...flagsOfStart(), join(out, 'test', 'bench', 'server.js')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        DATABASE_URL: url,
        PORT: '0',
        LOG_LEVEL: 'warn',
        INTERNAL_SERVICE_TOKEN: token,
        ADMIN_API_TOKEN: adminToken,
      },
    },
  )
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, origin: line.toString().trim() }
}

/** What `npm start` gives Node, so that memory and speed are those of the service. */
function flagsOfStart(): string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { start: string }
  }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}

function residentBytes(pid: number): number {
  return 4_096 * Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
}
