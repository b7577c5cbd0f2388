import type { DrillReport } from '../drills/report.ts'
import { type Sample, type Table, median } from './measure.ts'

export interface Watched {
  samples: readonly Sample[]
  /** When the watch over memory begins, in seconds; no process is killed from then on. */
  from: number
  before: readonly Table[]
  after: readonly Table[]
}

/** How much of the watch counts as its beginning, and as its end. */
const ENDS = 0.2
/** What a process may grow by without a leak: its heap is collected now and then, not always. */
const GROWTH_MAX = 1.25
const GROWTH_MB = 24
const HANDLES = 12
const CONNECTIONS = 8
/** So much longer a transaction is than the service's longest, at the end, when all is calm. */
const OLDEST_S = 5
/** A table whose rows are changed and not added may be so much larger, beside its first pages. */
const BLOAT_MAX = 2
const BLOAT_MB = 2
/** A row may take so much more than a row did before. */
const ROW_MAX = 1.5
const ROWS_MIN = 2_000

/** Whether the end is like the beginning. */
export function judgeSizes(report: DrillReport, watched: Watched): void {
  const samples = watched.samples.filter(({ at }) => at >= watched.from)
  const count = Math.max(1, Math.floor(samples.length * ENDS))
  const [first, last] = [samples.slice(0, count), samples.slice(-count)]
  const both = (of: (sample: Sample) => number) =>
    [median(first.map(of)), median(last.map(of))] as const

  for (const name of ['server', 'worker'] as const) {
    const [before, after] = both((sample) => sample[name].rssMb)
    const isSteady = after <= before * GROWTH_MAX + GROWTH_MB
    report.expect(`memory of the ${name}, MB`, pair(before, after), isSteady)
    const [handlesBefore, handlesAfter] = both((sample) => sample[name].handles)
    const isClosed = handlesAfter <= handlesBefore + HANDLES
    report.expect(
      `open files and sockets of the ${name}`,
      pair(handlesBefore, handlesAfter),
      isClosed,
    )
  }
  const [open, openAtEnd] = both(({ connections }) => connections)
  report.expect('connections', pair(open, openAtEnd), openAtEnd <= open + CONNECTIONS)
  const [, oldest] = both(({ oldestS }) => oldestS)
  report.expect('oldest transaction at the end, s', oldest.toFixed(2), oldest < OLDEST_S)
  report.note(
    'oldest transaction of all, s',
    Math.max(...watched.samples.map((one) => one.oldestS)).toFixed(1),
  )

  for (const table of watched.after) judgeTable(report, table, watched.before)
  const accounts = watched.after.find(({ name }) => name === 'accounts')
  if (accounts !== undefined) {
    const share = (100 * accounts.hotUpdated) / Math.max(1, accounts.updated)
    report.note(
      'updates of accounts, and the share of HOT among them',
      `${accounts.updated}, ${share.toFixed(1)} %`,
    )
    report.note('autovacuums of accounts', accounts.autovacuums)
    report.note('dead rows of accounts at the end', accounts.dead)
  }
}

/** Says only what a table has that is not as before. */
function judgeTable(report: DrillReport, table: Table, before: readonly Table[]): void {
  const was = before.find(({ name }) => name === table.name)
  if (was === undefined) return
  const size = ({ tableMb, indexMb }: Table) => tableMb + indexMb
  const added = table.inserted - was.inserted - (table.deleted - was.deleted)
  const isGrowing = added > table.rows * 0.05 && table.rows > ROWS_MIN
  if (isGrowing) {
    const perRow = (one: Table) => (size(one) * 1_048_576) / Math.max(1, one.rows)
    const isSteady = was.rows < ROWS_MIN || perRow(table) <= perRow(was) * ROW_MAX
    if (!isSteady)
      report.expect(`${table.name}: bytes a row`, pair(perRow(was), perRow(table)), false)
    return
  }
  const isSteady = size(table) <= size(was) * BLOAT_MAX + BLOAT_MB
  if (!isSteady)
    report.expect(
      `${table.name}: MB, though no rows are added`,
      pair(size(was), size(table)),
      false,
    )
}

function pair(before: number, after: number): string {
  return `${Math.round(before)} → ${Math.round(after)}`
}
