import type { Sample } from './measure.ts'

export interface Strike {
  at: number
  name: string
}

interface Chart {
  title: string
  unit: string
  lines: { label: string; of: (sample: Sample) => number; tone: 'ours' | 'other' }[]
}

const CHARTS: readonly Chart[] = [
  {
    title: 'Memory (resident)',
    unit: 'MB',
    lines: [
      { label: 'server', of: ({ server }) => server.rssMb, tone: 'ours' },
      { label: 'worker', of: ({ worker }) => worker.rssMb, tone: 'other' },
    ],
  },
  {
    title: 'Open files and sockets',
    unit: '',
    lines: [
      { label: 'server', of: ({ server }) => server.handles, tone: 'ours' },
      { label: 'worker', of: ({ worker }) => worker.handles, tone: 'other' },
    ],
  },
  {
    title: 'Connections to the database, of both',
    unit: '',
    lines: [{ label: 'connections', of: ({ connections }) => connections, tone: 'ours' }],
  },
  {
    title: 'Oldest transaction',
    unit: 's',
    lines: [{ label: 'age', of: ({ oldestS }) => oldestS, tone: 'ours' }],
  },
  {
    title: 'Size of the database',
    unit: 'MB',
    lines: [{ label: 'database', of: ({ databaseMb }) => databaseMb, tone: 'ours' }],
  },
  {
    title: 'Calls a second',
    unit: '',
    lines: [{ label: 'calls', of: ({ callsPerS }) => callsPerS, tone: 'ours' }],
  },
  {
    title: 'Latency, of half and of 99 in a hundred',
    unit: 'ms',
    lines: [
      { label: 'p99', of: ({ p99Ms }) => p99Ms, tone: 'other' },
      { label: 'p50', of: ({ p50Ms }) => p50Ms, tone: 'ours' },
    ],
  },
]

const [WIDTH, LEFT, RIGHT, HEIGHT, HEAD, GAP, LABEL] = [760, 64, 84, 64, 22, 14, 12]

/** One chart below the other over the same time, with a mark for each fault. */
export function drawSoak(samples: readonly Sample[], strikes: readonly Strike[]): string {
  const end = samples.at(-1)?.at ?? 1
  const xOf = (at: number) => LEFT + (at / end) * (WIDTH - LEFT - RIGHT)
  let y = 48
  const parts = CHARTS.map((chart) => {
    const top = y + HEAD
    y = top + HEIGHT + GAP
    return drawChart(chart, samples, strikes, top, xOf)
  })
  const minutes = Array.from({ length: Math.floor(end / 60) + 1 }, (_, minute) => minute)
  const ticks = minutes.map(
    (minute) =>
      `<text x="${xOf(minute * 60).toFixed(1)}" y="${y + 4}" class="label" text-anchor="middle">${minute} min</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 20}" role="img" aria-labelledby="t d">
<title id="t">A soak: every kind of caller at once, and a fault every ten seconds</title>
<desc id="d">${CHARTS.map((chart) => describe(chart, samples)).join(' ')}</desc>
<style>
text { font: 13px system-ui, sans-serif; fill: #1c2022 }
.head { font-size: 16px; font-weight: 600 }
.title { font-weight: 600 }
.label { font-size: 11px; fill: #57606a }
.ours { stroke: #1b7f4d; fill: none; stroke-width: 1.6 }
.other { stroke: #8a6d1d; fill: none; stroke-width: 1.2 }
.mark { stroke: #d0d7de; stroke-width: 1 }
.axis { stroke: #b6bdc5; stroke-width: 1 }
</style>
<rect width="${WIDTH}" height="${y + 20}" rx="8" fill="#fff"/>
<text x="16" y="30" class="head">A soak: every kind of caller at once; each grey line is a fault</text>
${parts.join('\n')}
${ticks.join('\n')}
</svg>
`
}

function drawChart(
  { title, unit, lines }: Chart,
  samples: readonly Sample[],
  strikes: readonly Strike[],
  top: number,
  xOf: (at: number) => number,
): string {
  const most = niceAbove(Math.max(...lines.flatMap(({ of }) => samples.map(of)), 1))
  const yOf = (value: number) => top + HEIGHT - (value / most) * HEIGHT
  const marks = strikes.map(({ at, name }) => {
    const x = xOf(at).toFixed(1)
    return `<line x1="${x}" y1="${top}" x2="${x}" y2="${top + HEIGHT}" class="mark"><title>${name}</title></line>`
  })
  const last = samples.at(-1)
  // From above; a label that would cover the one before stands below it.
  const ends = lines
    .map(({ label, of }) => ({ label, y: (last === undefined ? top : yOf(of(last))) + 4 }))
    .toSorted((a, b) => a.y - b.y)
  let above = -Infinity
  const labels = ends.map(({ label, y }) => {
    above = Math.max(y, above + LABEL)
    return `<text x="${WIDTH - RIGHT + 6}" y="${above.toFixed(1)}" class="label">${label}</text>`
  })
  const drawn = lines.map(({ of, tone }) => {
    const points = samples.map(
      (sample) => `${xOf(sample.at).toFixed(1)},${yOf(of(sample)).toFixed(1)}`,
    )
    return `<polyline points="${points.join(' ')}" class="${tone}"/>`
  })
  return [
    `<text x="16" y="${top - 8}" class="title">${title}</text>`,
    ...marks,
    `<line x1="${LEFT}" y1="${top + HEIGHT}" x2="${WIDTH - RIGHT}" y2="${top + HEIGHT}" class="axis"/>`,
    `<text x="${LEFT - 6}" y="${top + 8}" class="label" text-anchor="end">${most} ${unit}</text>`,
    `<text x="${LEFT - 6}" y="${top + HEIGHT}" class="label" text-anchor="end">0</text>`,
    ...drawn,
    ...labels,
  ].join('\n')
}

function describe({ title, unit, lines }: Chart, samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) return ''
  const ends = lines.map(
    ({ label, of }) =>
      `${label} ${of(first).toFixed(1)} at the start, ${of(last).toFixed(1)} at the end`,
  )
  return `${title}${unit === '' ? '' : `, ${unit}`}: ${ends.join('; ')}.`
}

/** The next round number: 1, 2 or 5 and zeros. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power
}
