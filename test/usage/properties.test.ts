import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PERIODS } from '../../src/usage/tables.ts'
import { startOf } from '../../src/http/range.ts'
import { cleanUsage } from '../../src/usage/retention.ts'
import type { ReportDraft } from '../../src/usage/reports.ts'
import { Refusal } from '../../src/refusals/index.ts'
import { counts } from '../support/counts.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'

const HOUR_MS = 3_600_000
/** A fixed minute of this hour, so that reports meet in buckets and some in the same instant. */
const NOW = Math.floor(Date.now() / 60_000) * 60_000

/** In hundredths, to be summed exactly. */
const value = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(0, 10, 20, 900_719_925_474_099),
)

const report = fc.record({
  kind: fc.constant('report' as const),
  customer: fc.constantFrom('a', 'b'),
  id: fc.option(fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'), { freq: 6 }),
  hoursAgo: fc.option(
    fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2_400 })),
    { freq: 8 },
  ),
  metrics: fc.dictionary(fc.constantFrom('x', 'y', 'z.w_1'), value, { minKeys: 1 }),
  replica: fc.nat(1),
})
/** Of an earlier report, with its content; which is taken modulo how many there are. */
const copy = fc.record({
  kind: fc.constant('copy' as const),
  which: fc.nat(1_000),
  replica: fc.nat(1),
})
const cleaning = fc.record({
  kind: fc.constant('clean' as const),
  days: fc.integer({ min: 1, max: 95 }),
})

/** Each inner list happens at once. */
const steps = fc.array(
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: report },
      { weight: 3, arbitrary: copy },
      { weight: 1, arbitrary: cleaning },
    ),
    { minLength: 1, maxLength: 25 },
  ),
  { minLength: 1, maxLength: 6 },
)

interface Accepted {
  customerId: string
  reportId: string
  at: Date
  /** In hundredths. */
  metrics: Record<string, number>
}

test('totals are those of the accepted reports, whatever is repeated, late or cleaned meanwhile', async (t) => {
  counts(t, {
    promise: '',
    what: 'Totals of usage, whatever is repeated, late or cleaned',
    trials: scaled(1_000, 40),
  })
  const service = await startService(t)
  const replica = await startService(t, {}, service.database)
  const apps = [service.app, replica.app] as const
  let run = 0

  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const prefix = `run${run++}-`
      await query(service.database, `update usage_retention set kept_since = '0001-01-01'`)
      await query(
        service.database,
        `insert into customers (id, email, metadata)
          select '${prefix}' || name, name || '@example.com', '{}' from unnest(array['a', 'b']) name`,
      )
      const sent: { draft: ReportDraft; hundredths: Record<string, number> }[] = []
      const accepted: Accepted[] = []
      for (const step of sequence) {
        await Promise.all(
          step.map(async (one) => {
            if (one.kind === 'clean') {
              await cleanUsage(service.app.db, { id: 'admin:tests', ip: null }, one.days)
              return
            }
            const next =
              one.kind === 'report' ? draftOf(one, prefix) : sent[one.which % sent.length]
            if (next === undefined) return
            if (next.draft.reportId !== null) sent.push(next)
            try {
              const done = await apps[one.replica]!.usage.report(next.draft)
              if (done.replayed) return
              const { customerId, reportId, receivedAt } = done
              const at = next.draft.reportedAt ?? receivedAt
              accepted.push({ customerId, reportId, at, metrics: next.hundredths })
            } catch (error) {
              if (!(error instanceof Refusal)) throw error
              // The report that a copy met may be cleaned away before it is compared.
              const isCleaned = step.some(({ kind }) => kind === 'clean')
              const codes = ['IDEMPOTENCY_KEY_REUSED', 'VALIDATION_FAILED']
              if (isCleaned) codes.push('OVERLOADED')
              assert.ok(codes.includes(error.code), error.code)
            }
          }),
        )
      }

      // An id that retention has forgotten may name another report.
      const names = accepted.map((one) => JSON.stringify(one))
      assert.equal(new Set(names).size, names.length, 'none counts twice')
      const stored = await query<StoredTotal[]>(
        service.database,
        `select customer_id || ' ' || metric || ' ' || period as name, starts_at at, count::int, sum::text,
          min, max, last from usage_totals where customer_id like '${prefix}%'`,
      )
      assert.deepEqual(byName(stored.map(presentStored)), byName(totalsOf(accepted)))
      const [left] = await query<{ early: number; unknown: number }[]>(
        service.database,
        `select count(*) filter (where reported_at < (select kept_since from usage_retention))::int as early
          from usage_reports where customer_id like '${prefix}%'`,
      )
      assert.equal(left?.early, 0, 'what was cleaned is gone')
    }),
    { numRuns: scaled(1_000, 40) },
  )
})

interface StoredTotal {
  name: string
  at: Date
  count: number
  sum: string
  min: number
  max: number
  last: number
}

type Total = Omit<StoredTotal, 'sum'> & { sum: string }

function draftOf(
  one: {
    customer: string
    id: string | null
    hoursAgo: number | null
    metrics: Record<string, number>
  },
  prefix: string,
) {
  const metrics = Object.fromEntries(
    Object.entries(one.metrics).map(([name, hundredths]) => [name, hundredths / 100]),
  )
  const draft: ReportDraft = {
    customerId: prefix + one.customer,
    actor: { id: 'key:of-the-test', ip: null },
    reportId: one.id,
    instanceId: null,
    reportedAt: one.hoursAgo === null ? null : new Date(NOW - one.hoursAgo * HOUR_MS),
    metrics,
  }
  return { draft, hundredths: { ...one.metrics } }
}

/** The plain way: every report again for every period, in integers. */
function totalsOf(accepted: readonly Accepted[]): Total[] {
  const groups = new Map<
    string,
    { name: string; at: Date; values: { at: number; value: number }[] }
  >()
  for (const { customerId, at, metrics } of accepted) {
    for (const [metric, hundredths] of Object.entries(metrics)) {
      for (const period of PERIODS) {
        const name = `${customerId} ${metric} ${period}`
        const start = startOf(period, at)
        const key = `${name} ${start.toISOString()}`
        const group = groups.get(key) ?? { name, at: start, values: [] }
        group.values.push({ at: at.getTime(), value: hundredths })
        groups.set(key, group)
      }
    }
  }
  return [...groups.values()].map(({ name, at, values }) => {
    const numbers = values.map((one) => one.value)
    const latest = values.toSorted((a, b) => b.at - a.at || b.value - a.value)[0]
    const sum = numbers.reduce((total, number) => total + BigInt(number), 0n)
    return {
      name,
      at,
      count: values.length,
      sum: hundredthsText(sum),
      min: Math.min(...numbers) / 100,
      max: Math.max(...numbers) / 100,
      last: (latest?.value ?? NaN) / 100,
    }
  })
}

function presentStored(total: StoredTotal): Total {
  const [whole = '', fraction = ''] = total.sum.split('.')
  assert.match(fraction, /^\d{0,2}$/)
  return { ...total, sum: `${whole}.${fraction.padEnd(2, '0')}` }
}

function hundredthsText(sum: bigint): string {
  return `${sum / 100n}.${String(sum % 100n).padStart(2, '0')}`
}

function byName(totals: readonly Total[]): Total[] {
  const key = (total: Total) => `${total.name} ${total.at.toISOString()}`
  return totals.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
