import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type postgres from 'postgres'
import { connect } from '../../src/database/connect.ts'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { migrate } from '../../src/database/migrate.ts'
import { configOf } from '../support/database.ts'
import { startServiceProcess } from '../support/service-process.ts'
import { callers, reportSteadily } from './report-load.ts'
import { type Row, median, percentile, printRows } from './report.ts'
import { fillFindings, fillYear } from './usage-seed.ts'

/**
 * `npm run bench:usage [-- --customers 1000 --rate 200]`: a year of hourly reports of a metric, and on
 * it what the README says of totals, of cleaning while reports go on, and of deep pages. Reports come
 * at a steady rate, so that a slow answer does not spare the service the next ones.
 */
const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '200' },
  },
})
const CUSTOMERS = Number(values.customers)
const PER_SECOND = Number(values.rate)
const HOURS = 8_760
const CALLERS = 20
const BEFORE_S = 60
const READS = 400
const FINDINGS = 210_000
const PAGES = 1_000
const ADMIN_TOKEN = 'admin-token-of-the-bench-0123456789abcdef'

const dataDir = mkdtempSync(join(tmpdir(), 'strongroom-year-'))
const embedded = await startEmbeddedPostgres({ dataDir: join(dataDir, 'server') })
const ends: (() => unknown)[] = []
const rows: Row[] = []
const t = { after: (end: unknown) => void ends.unshift(end as () => unknown) }
try {
  const config = configOf(embedded.migrationUrl)
  await migrate(config, configOf(embedded.url))
  const sql = connect(config, { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  const { origin } = await startServiceProcess(t, dataDir, {
    DATABASE_URL: embedded.url,
    DATABASE_SSL: 'disable',
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    LOG_LEVEL: 'warn',
    // The daily cleaning would take what is to be cleaned.
    USAGE_RETENTION_DAYS: '400',
    RATE_LIMIT_API: 'off',
    RATE_LIMIT_USAGE: 'off',
    RATE_LIMIT_ADMIN: 'off',
  })
  const customers = await callers(origin, ADMIN_TOKEN, CALLERS)

  say(`Storing ${CUSTOMERS * HOURS} reports and their totals`)
  await fillYear(sql, {
    callers: customers.map(({ id }) => id),
    customers: CUSTOMERS,
    hours: HOURS,
  })
  await fillFindings(sql, FINDINGS)

  say('Reading totals of months')
  const reads = await readMonths(origin, customers)
  const [typical, least] = [median(reads.totals), median(reads.nothing)]
  rows.push({
    what: "a month's daily totals of a customer, median",
    value: `${typical.toFixed(1)} ms (GET /api/me in turns with it: ${least.toFixed(1)} ms)`,
    target: '≤ 20 ms',
    met: typical <= 20,
  })

  rows.push(...(await measurePages(origin)))
  rows.push(...(await measureCleaning(origin, sql, customers)))
  await sql.end()
  printRows(rows)
  if (rows.some((row) => !row.met)) process.exitCode = 1
} finally {
  for (const end of ends) await end()
  await embedded.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** Totals of months, in turns with a call that reads next to nothing, which tells how busy the machine is. */
async function readMonths(origin: string, customers: readonly { id: string; apiKey: string }[]) {
  const totals: number[] = []
  const nothing: number[] = []
  for (let n = 0; n < READS; n++) {
    const { id, apiKey } = customers[n % customers.length]!
    const to = new Date(Date.now() - (n % 11) * 30 * 86_400_000)
    const from = new Date(to.getTime() - 30 * 86_400_000)
    const query = `metric=api.calls&bucket=day&from=${from.toISOString()}&to=${to.toISOString()}`
    const read = await timed(`${origin}/api/usage/${id}?${query}`, apiKey)
    const { data } = read.body as { data: { count: number }[] }
    const days = data.filter(({ count }) => count >= 20).length
    if (days < 28) throw new Error(`Only ${days} days have totals`)
    totals.push(read.ms)
    nothing.push((await timed(`${origin}/api/me`, apiKey)).ms)
  }
  return { totals, nothing }
}

async function timed(url: string, apiKey: string): Promise<{ ms: number; body: unknown }> {
  const startedAt = performance.now()
  const response = await fetch(url, { headers: { 'x-api-key': apiKey } })
  const body: unknown = await response.json()
  return { ms: performance.now() - startedAt, body }
}

/** The first page against the thousandth, each read again and again in turns. */
async function measurePages(origin: string): Promise<Row[]> {
  say(`Turning ${PAGES} pages of findings`)
  const measured: Row[] = []
  for (const filter of ['', '&kind=anomaly']) {
    const first = `/api/usage/anomalies?limit=200${filter}`
    let deep = first
    for (let page = 1; page < PAGES; page++) {
      const { next_cursor: cursor } = (await get(origin, deep)) as { next_cursor: string | null }
      if (cursor === null) throw new Error(`The list ends at page ${page}`)
      deep = `${first}&cursor=${cursor}`
    }
    const times: Record<string, number[]> = { [first]: [], [deep]: [] }
    for (let n = 0; n < 1_000; n++) {
      const path = n % 2 === 0 ? first : deep
      const startedAt = performance.now()
      await get(origin, path)
      times[path]?.push(performance.now() - startedAt)
    }
    const [a, b] = [median(times[first]), median(times[deep])]
    measured.push({
      what: `page ${PAGES} of findings${filter && ', filtered'} against page 1`,
      value: `${(b / a).toFixed(2)} × (${b.toFixed(1)} ms : ${a.toFixed(1)} ms)`,
      target: '≤ 1.2 ×',
      met: b / a <= 1.2,
    })
  }
  return measured
}

async function measureCleaning(
  origin: string,
  sql: postgres.Sql,
  customers: readonly { id: string; apiKey: string }[],
): Promise<Row[]> {
  say(`Reports at ${PER_SECOND} a second for ${BEFORE_S} s, then until the cleaning is over`)
  const load = reportSteadily(origin, customers, PER_SECOND)
  await delay(BEFORE_S * 1_000)
  const before = load.take()
  const startedAt = performance.now()
  const answer = await fetch(`${origin}/api/usage/cleanup?older_than_days=90`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  await answer.arrayBuffer()
  if (answer.status !== 200 && answer.status !== 503) throw new Error(`Cleaning: ${answer.status}`)
  while (await hasOld(sql)) await delay(500)
  const tookS = (performance.now() - startedAt) / 1_000
  const during = load.take()
  await load.stop()
  const [calm, busy] = [typicalP99(before), typicalP99(during)]
  const [{ left } = { left: 0 }] = await sql<{ left: number }[]>`
    select count(*)::int as left from usage_reports`
  say(
    `Cleaned in ${tookS.toFixed(0)} s; ${left} reports are left; ${during.flat().length} came meanwhile`,
  )
  return [
    {
      what: 'p99 of reports while 90 days are kept and the rest is deleted, against before',
      value: `${(busy / calm).toFixed(2)} × (${busy.toFixed(1)} ms : ${calm.toFixed(1)} ms)`,
      target: '≤ 2 ×',
      met: busy / calm <= 2,
    },
  ]
}

/** The median over windows of five seconds: one hiccup of the machine is not the service's. */
function typicalP99(windows: readonly (readonly number[])[]): number {
  return median(windows.filter((one) => one.length > 100).map((one) => percentile(one, 0.99)))
}

async function hasOld(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<{ old: boolean }[]>`
    select exists (
      select from usage_reports where reported_at < now() - interval '91 days'
    ) as old`
  return row?.old ?? false
}

async function get(origin: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const response = await fetch(origin + path, { headers })
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response.json()
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
