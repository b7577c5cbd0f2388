import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import type { countingCalls } from './calls.ts'
import type { Sample, Table } from './measure.ts'
import type { Strike } from './plot.ts'

export interface Row {
  what: string
  count: string
  verdict: string
}

export interface SoakRun {
  about: {
    seconds: number
    seed: number
    postgres: string
    /** Of a minute, before the callers began and when they ended. */
    load: readonly [number, number]
  }
  rows: readonly Row[]
  samples: readonly Sample[]
  strikes: readonly Strike[]
  before: readonly Table[]
  after: readonly Table[]
  calls: ReturnType<typeof countingCalls>
}

const TABLES = 15

/** The report as Markdown, formatted as the repository's other pages, with the picture beside it. */
export async function pageOf(run: SoakRun, path: URL): Promise<string> {
  const filepath = fileURLToPath(path)
  return format(textOf(run), { ...(await resolveConfig(filepath)), filepath })
}

function textOf({ about, rows, strikes, before, after, calls }: SoakRun): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const broken = rows.filter(({ verdict }) => verdict === 'BROKEN').length
  return `# A soak

\`npm run soak\` writes this page and its picture. Every kind of caller at once called a server and a worker, on a
PostgreSQL that is as durable as in production, for ${about.seconds / 60} minutes; seed ${about.seed}. A fault struck every ten seconds.
**${broken === 0 ? 'Nothing is broken.' : `${broken} expectations are broken.`}**

![Memory, handles, connections, the oldest transaction, the size of the database, calls and latency over time](soak.svg)

The machine: ${cpus().length} cores (${cpus()[0]?.model ?? ''}), ${gigabytes} GB, Node.js ${process.versions.node}, PostgreSQL ${about.postgres}. The
callers, the database, Redis and the stand-in for Stripe ran on the same cores. The machine's load was ${about.load[0].toFixed(1)} before
the callers began, which other programs took, and ${about.load[1].toFixed(1)} when they ended.

## What was expected

Two figures with an arrow are those of the beginning and of the end of the second half, in which no process is killed.

| What | Count | |
| ---- | ----- | - |
${rows.map(({ what, count, verdict }) => `| ${what.replace(/^ +/, '… ')} | ${count} | ${verdict} |`).join('\n')}

## Faults

| Fault | Times |
| ----- | ----- |
${counted(strikes.map(({ name }) => name))}

## Callers

Statuses by caller. \`none\` is a call without an answer: its connection or its server was gone.

| Caller | Answers |
| ------ | ------- |
${[...calls.answers]
  .map(
    ([caller, counts]) =>
      `| ${caller} | ${[...counts]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ')} |`,
  )
  .join('\n')}

## The largest tables

At half time, and at the end.

| Table | Rows | Table, MB | Indexes, MB | Dead rows | Inserted | Updated (HOT) | Deleted | Autovacuums |
| ----- | ---- | --------- | ----------- | --------- | -------- | ------------- | ------- | ----------- |
${after
  .slice(0, TABLES)
  .map((table) =>
    lineOf(
      table,
      before.find(({ name }) => name === table.name),
    ),
  )
  .join('\n')}
`
}

function lineOf(table: Table, was: Table | undefined): string {
  const both = (of: (one: Table) => number, digits = 0) =>
    `${was === undefined ? '' : `${of(was).toFixed(digits)} → `}${of(table).toFixed(digits)}`
  const hot =
    table.updated === 0
      ? '0'
      : `${table.updated} (${Math.round((100 * table.hotUpdated) / table.updated)} %)`
  return (
    `| ${table.name} | ${both(({ rows }) => rows)} | ${both(({ tableMb }) => tableMb, 1)} ` +
    `| ${both(({ indexMb }) => indexMb, 1)} | ${both(({ dead }) => dead)} ` +
    `| ${table.inserted} | ${hot} | ${table.deleted} | ${table.autovacuums} |`
  )
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `| ${name} | ${count} |`)
    .join('\n')
}
