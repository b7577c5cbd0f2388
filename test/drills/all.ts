import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import prettier from 'prettier'
import type { Counts } from '../support/counts.ts'
import { type TestServer, withTestServer } from '../support/test-server.ts'
import { drillOptions } from './options.ts'
import { type Memory, memoryNow } from './memory.ts'
import { type Part, allParts, partsNamed, wholeRun } from './parts.ts'
import { drawPlot } from './plot.ts'
import { missingPrograms } from './programs.ts'
import type { Latencies } from './preload.ts'
import { type Done, type Run, summary } from './summary.ts'

/**
 * `npm run drill`: every promise with its counts, one part after another, and a report: REPORT.md and report.svg of
 * this folder. `npm run drill -- --only NAME`: parts by name or by a promise's number, with their full counts, and
 * their report on the terminal alone. `--seed N` repeats what another run has drawn.
 */
const { names, seed, fault } = drillOptions(process.argv.slice(2))
if (fault !== null) {
  process.stderr.write(`${fault}\n`)
  process.exit(2)
}
const isWhole = names.length === 0

/** A part that takes longer than this, of a whole run, would take the others' hour. */
const PART_MS_MAX = 20 * 60_000
const SAMPLE_MS = 1_000
const REPORT = new URL('REPORT.md', import.meta.url)
const PLOT = new URL('report.svg', import.meta.url)

const parts = isWhole ? wholeRun(allParts()) : partsNamed(names, allParts())
const missing = missingPrograms(parts)
if (missing !== null) {
  process.stderr.write(`${missing}\n`)
  process.exit(2)
}
const run = await withTestServer(runAll)
const text = await prettier.format(summary(run), {
  ...(await prettier.resolveConfig(REPORT)),
  parser: 'markdown',
})
process.stdout.write(`\n${text}`)
// Of all parts, so that no promise seems to be untried.
if (isWhole) {
  writeFileSync(REPORT, text)
  writeFileSync(PLOT, drawPlot(run))
}
process.exitCode = run.done.some(({ rows }) => rows.some(({ broken }) => broken > 0)) ? 1 : 0

async function runAll(server: TestServer): Promise<Run> {
  const began = Date.now()
  const memory: Memory[] = []
  const sampling = setInterval(() => memory.push(memoryNow()), SAMPLE_MS)
  const done: Done[] = []
  const latencies = join(server.files, 'latencies.jsonl')
  for (const [index, part] of parts.entries()) {
    process.stderr.write(`\n=== ${part.name} (${index + 1} of ${parts.length})\n`)
    done.push(await runPart(part, server, latencies))
  }
  clearInterval(sampling)
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return {
    isWhole,
    began,
    seconds: (Date.now() - began) / 1_000,
    seed,
    commit: commit.stdout.trim(),
    machine: {
      cores: availableParallelism(),
      memory_gib: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    done,
    memory,
    latencies: linesOf<Latencies>(latencies),
  }
}

async function runPart(part: Part, server: TestServer, latencies: string): Promise<Done> {
  const began = Date.now()
  const rows = join(server.files, `${part.name.replaceAll('/', '-')}.jsonl`)
  const loaded = ['tsx', './test/support/seed.ts', './test/drills/preload.ts']
  const flags = loaded.flatMap((one) => ['--import', one])
  if (part.isTest) flags.push('--test', '--test-reporter=spec')
  const child = spawn(process.execPath, [...flags, part.file], {
    stdio: 'inherit',
    env: {
      ...process.env,
      ...server.env,
      DRILL: isWhole ? 'whole' : '1',
      DRILL_SEED: String(seed),
      DRILL_COUNTS: rows,
      DRILL_LATENCIES: latencies,
    },
  })
  const late = setTimeout(() => child.kill('SIGTERM'), isWhole ? PART_MS_MAX : 2 ** 31 - 1)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(late)
  const counted = merged(linesOf<Counts>(rows))
  if (counted.length === 0 || (code !== 0 && counted.every(({ broken }) => broken === 0))) {
    const what = `\`${part.name}\` ended with ${code ?? 'a signal'}`
    counted.push({ promise: '', what, trials: 1, faults: 0, broken: 1, seed })
  }
  return { part, began, seconds: (Date.now() - began) / 1_000, rows: counted }
}

/** What several tests have counted of the same. */
function merged(rows: readonly Counts[]): Counts[] {
  const all = new Map<string, Counts>()
  for (const row of rows) {
    const before = all.get(row.what)
    if (before === undefined) all.set(row.what, row)
    else {
      before.trials += row.trials
      before.faults += row.faults
      before.broken += row.broken
    }
  }
  return [...all.values()]
}

function linesOf<T>(path: string): T[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as T)
}
