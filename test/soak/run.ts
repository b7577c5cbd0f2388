import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import postgres from 'postgres'
import { socketHost } from '../../src/database/hosts.ts'
import { judgeLedger, noteAnswers } from '../drills/ledger.ts'
import { type DrillReport, drill, say } from '../drills/report.ts'
import { moneyClients } from '../support/money-clients.ts'
import { commandBeside } from '../support/service-process.ts'
import { callAll } from './callers.ts'
import { countingCalls } from './calls.ts'
import { castFor } from './cast.ts'
import { faultsInTurns } from './faults.ts'
import { judgeSizes } from './judge.ts'
import { type Sample, sampleOf, tablesOf } from './measure.ts'
import { type Strike, drawSoak } from './plot.ts'
import { randomOf } from './random.ts'
import { type Row, pageOf } from './report.ts'
import { type Stage, openStage } from './stage.ts'

/**
 * `npm run soak [-- --minutes 10 --seed 1]`: every kind of caller at once on a server, a worker and a
 * PostgreSQL of their own, and a fault every ten seconds. What the processes and the database take at
 * the end is compared with the beginning, and every answer with the ledger. Everything is on this
 * machine, and it ends by itself.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    /** Where the report goes; without it a run of less than ten minutes writes none. */
    write: { type: 'boolean', default: false },
  },
})
const SECONDS = Math.round(Number(values.minutes) * 60)
const SEED = Number(values.seed)
if (!(SECONDS >= 60 && SECONDS <= 3_600 && Number.isInteger(SEED))) {
  throw new Error('--minutes is from 1 to 60, and --seed a whole number')
}

const FAULT_EVERY_S = 10
const SAMPLE_EVERY_S = 5
/** The share of the time in which processes are killed; then their memory is watched. */
const KILLS_UNTIL = 0.4
const WATCHED_FROM = 0.5
/** At the end there are no faults, so that what they did has passed. */
const CALM_S = 15
const MONEY_CLIENTS = 2
const DRAINED_MS_MAX = 90_000

const REPORT = new URL('../drills/SOAK.md', import.meta.url)
const PLOT = new URL('../drills/soak.svg', import.meta.url)

await drill(`A soak of ${SECONDS} s, seed ${SEED}`, async (report, ends) => {
  const rows: Row[] = []
  const judged: DrillReport = {
    ...report,
    note: (what, count) => {
      rows.push({ what, count: String(count), verdict: '' })
      report.note(what, count)
    },
    expect: (what, count, isKept) => {
      rows.push({ what, count: String(count), verdict: isKept ? 'ok' : 'BROKEN' })
      report.expect(what, count, isKept)
    },
  }
  say('Starting PostgreSQL, Redis, a stand-in for Stripe, a server and a worker')
  const stage = await openStage(ends)
  const sql = postgres(stage.adminUrl, {
    ...socketHost(stage.adminUrl),
    max: 1,
    connection: { application_name: 'soak' },
  })
  ends.after(() => sql.end({ timeout: 5 }))
  const random = randomOf(SEED)
  const calls = countingCalls(stage.origin)
  const cast = await castFor(stage, calls.sender('the set-up'))
  const stripeEvents = stage.stripe.startDelivering(`${stage.origin}/api/webhooks/stripe`)

  const ended = new AbortController()
  const money = moneyClients({
    clients: MONEY_CLIENTS,
    userIds: cast.users,
    origin: () => stage.origin,
  })
  ends.after(() => money.stop())
  const callers = callAll(calls, { random, cast, stage }, ended.signal)
  ends.after(async () => {
    ended.abort()
    await callers
  })

  const startedAt = performance.now()
  const loadBefore = loadavg()[0] ?? 0
  const now = () => (performance.now() - startedAt) / 1_000
  const seen = new Set<number>()
  const samples: Sample[] = []
  const strikes: Strike[] = []
  const nextFault = faultsInTurns(random, stage.redis !== null)
  let striking: Promise<void> = Promise.resolve()
  let watched: Awaited<ReturnType<typeof tablesOf>> | undefined
  let nextFaultAt = FAULT_EVERY_S
  while (now() < SECONDS) {
    await delay(SAMPLE_EVERY_S * 1_000)
    takeEvents(stage, seen)
    const at = now()
    samples.push(await sampleOf(stage, sql, at, calls.takeLatencies(), SAMPLE_EVERY_S))
    if (at >= SECONDS * WATCHED_FROM) watched ??= await tablesOf(sql)
    if (at < nextFaultAt || at > SECONDS - CALM_S) continue
    nextFaultAt += FAULT_EVERY_S
    await striking
    const fault = nextFault(at < SECONDS * KILLS_UNTIL)
    strikes.push({ at, name: fault.name })
    say(`${Math.round(at)} s: ${fault.name}`)
    striking = fault.strike(stage).catch((error: unknown) => {
      judged.expect(`the fault "${fault.name}" itself: ${String(error)}`, 1, false)
    })
  }
  await striking
  const last = await tablesOf(sql)
  const loadAfter = loadavg()[0] ?? 0

  say('The callers stop')
  await money.stop()
  ended.abort()
  await callers
  judged.note('faults', strikes.length)
  judged.note('calls answered, beside the money that is judged', total(calls.answers))
  judged.expect('  answers that are wrong', calls.wrong.length, calls.wrong.length === 0)
  calls.wrong.slice(0, 10).forEach((text) => say(text))
  judged.expect('programs that ended by themselves', stage.ends.length, stage.ends.length === 0)
  stage.ends.forEach((text) => say(text))
  judgeSizes(judged, {
    samples,
    from: SECONDS * WATCHED_FROM,
    before: watched ?? last,
    after: last,
  })
  await judgeRest(judged, stage, sql, seen, stripeEvents)
  noteAnswers(judged, money)
  await judgeLedger(judged, money, stage.databaseUrl)
  const audit = await commandBeside(['audit', 'verify'], stage.env)
  judged.expect('audit verify ends with', audit.status, audit.status === 0)

  if (SECONDS >= 600 || values.write) {
    writeFileSync(PLOT, drawSoak(samples, strikes))
    const [server] = await sql<{ server_version: string }[]>`show server_version`
    const about = {
      seconds: SECONDS,
      seed: SEED,
      postgres: server?.server_version ?? '',
      load: [loadBefore, loadAfter] as const,
    }
    const page = { about, rows, samples, strikes, before: watched ?? last, after: last, calls }
    writeFileSync(REPORT, await pageOf(page, REPORT))
  }
})

function takeEvents({ receiver }: Stage, seen: Set<number>): void {
  for (const { event } of receiver.received.splice(0)) seen.add(event.seq as number)
}

function total(answers: ReadonlyMap<string, ReadonlyMap<string, number>>): number {
  return [...answers.values()].flatMap((counts) => [...counts.values()]).reduce((a, b) => a + b, 0)
}

/** What was still on its way arrives: events to the outside without a gap, and Stripe's. */
async function judgeRest(
  report: DrillReport,
  stage: Stage,
  sql: postgres.Sql,
  seen: Set<number>,
  stripeEvents: ReturnType<Stage['stripe']['startDelivering']>,
): Promise<void> {
  say('Waiting until every event has arrived')
  await Promise.race([stripeEvents.idle(), delay(DRAINED_MS_MAX, undefined, { ref: false })])
  // What waits for a later try, in minutes or hours, is tried now.
  await sql`update webhook_deliveries set next_attempt_at = now() where status = 'pending'`
  await sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
  const deadline = Date.now() + DRAINED_MS_MAX
  let open = await openWork(sql)
  while (Date.now() < deadline && open.deliveries + open.inbox > 0) {
    await delay(500)
    takeEvents(stage, seen)
    open = await openWork(sql)
  }
  takeEvents(stage, seen)
  const most = seen.size === 0 ? 0 : Math.max(...seen)
  report.expect('events received by the endpoint', seen.size, seen.size > 0)
  report.expect('  missing among them', most - seen.size, most === seen.size)
  report.expect('  still to be delivered', open.deliveries, open.deliveries === 0)
  report.note('events sent by Stripe', stage.stripe.events.length)
  report.expect('  still to be applied', open.inbox, open.inbox === 0)
  report.expect('  parked', open.parked, open.parked === 0)
  report.expect('jobs given up', open.givenUp, open.givenUp === 0)
}

async function openWork(sql: postgres.Sql) {
  const [row] = await sql<{ deliveries: number; inbox: number; parked: number; givenUp: number }[]>`
    select
      (select count(*) from webhook_deliveries where status = 'pending')::int as deliveries,
      (select count(*) from stripe_events where status = 'pending')::int as inbox,
      (select count(*) from stripe_events where status = 'parked')::int as parked,
      (select count(*) from graphile_worker.jobs where attempts >= max_attempts)::int as "givenUp"`
  return row ?? { deliveries: 0, inbox: 0, parked: 0, givenUp: 0 }
}
