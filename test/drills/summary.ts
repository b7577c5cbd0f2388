import type { Counts } from '../support/counts.ts'
import type { Memory } from './memory.ts'
import type { Part } from './parts.ts'
import type { Latencies } from './preload.ts'

/** A part that has been run. */
export interface Done {
  part: Part
  /** Milliseconds since the epoch. */
  began: number
  seconds: number
  rows: Counts[]
}

/** A run of parts, and what was measured meanwhile. */
export interface Run {
  /** Or of some parts only. */
  isWhole: boolean
  began: number
  seconds: number
  seed: number
  commit: string
  machine: { cores: number; memory_gib: number; node: string }
  done: Done[]
  memory: Memory[]
  latencies: Latencies[]
}

/** The report in Markdown: a row for each promise that was tried, and a row for all of them. */
export function summary(run: Run): string {
  const rows = run.done.flatMap(({ part, seconds, rows: all }) =>
    all.map((row, index) => [
      row.promise === '' ? '–' : row.promise,
      row.what,
      `[${part.name}](../${part.file.slice('test/'.length)})`,
      number(row.trials),
      number(row.faults),
      row.broken === 0 ? '0' : `**${number(row.broken)}**`,
      // Rows of one file share its time.
      index === 0 ? time(seconds) : '″',
      String(row.seed),
    ]),
  )
  const all = run.done.flatMap((done) => done.rows)
  const sum = (key: 'trials' | 'faults' | 'broken') =>
    number(all.reduce((total, row) => total + row[key], 0))
  const { cores, memory_gib, node } = run.machine
  return `# What \`npm run drill\` has shown

**${sum('trials')} trials, ${sum('faults')} faults, ${sum('broken')} broken**, in ${time(run.seconds)} on
${new Date(run.began).toISOString().slice(0, 10)}: commit ${run.commit}, ${cores} cores, ${memory_gib} GiB, Node.js ${node},
seed ${run.seed}.${run.isWhole ? '' : ` These are ${run.done.length} parts, chosen by name.`} \`npm run drill -- --seed ${run.seed}\` draws the same again; when a process dies within a
statement, the machine decides.

The numbers are those of the [promises](../../README.md#promises-and-the-tests-that-show-them). A trial is one thing
that could have gone wrong; a fault is what was put in its way: a kill, a cut, an altered byte.
\`npm run drill -- --only NAME\` runs one part, or the parts of one promise, with its full counts; a whole run reduces
[some](../../README.md#promises-and-the-tests-that-show-them).

![Latencies of calls and memory of processes over the time of the run](report.svg)

| # | What was tried | Part | Trials | Faults | Broken | Duration | Seed |
| -- | -- | -- | --: | --: | --: | --: | --: |
${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}
`
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function time(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
