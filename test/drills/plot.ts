import type { Run } from './summary.ts'

interface Point {
  /** Minutes since the beginning. */
  at: number
  value: number
}

interface Line {
  name: string
  css: string
  points: Point[]
}

interface Panel {
  title: string
  unit: string
  isLogarithmic: boolean
  lines: Line[]
}

const [WIDTH, LEFT, RIGHT, HEIGHT, GAP] = [960, 56, 16, 170, 56]
/** So many points are drawn of each line at most: of those in between, the highest. */
const POINTS_MAX = 400

/** Latencies and memory over the time of a run, with a line where each part begins. */
export function drawPlot(run: Run): string {
  const minutes = Math.max(run.seconds / 60, 0.1)
  const at = (time: number) => (time - run.began) / 60_000
  const panels: Panel[] = [
    {
      title: 'Latency of calls, second by second, in milliseconds',
      unit: 'ms',
      isLogarithmic: true,
      lines: [
        {
          name: '99 %',
          css: 'high',
          points: run.latencies.map((one) => ({ at: at(one.at), value: one.p99_ms })),
        },
        {
          name: 'median',
          css: 'low',
          points: run.latencies.map((one) => ({ at: at(one.at), value: one.median_ms })),
        },
      ],
    },
    {
      title: 'Memory of Node.js processes, in MiB: tests, and the services that they start',
      unit: 'MiB',
      isLogarithmic: false,
      lines: [
        {
          name: 'all together',
          css: 'high',
          points: run.memory.map((one) => ({ at: at(one.at), value: one.node_mib })),
        },
        {
          name: 'the largest',
          css: 'low',
          points: run.memory.map((one) => ({ at: at(one.at), value: one.largest_mib })),
        },
      ],
    },
  ]
  const x = (minute: number) => LEFT + (minute / minutes) * (WIDTH - LEFT - RIGHT)
  const starts = run.done.map(({ began }) => x(at(began)).toFixed(1))
  let top = 72
  const drawn: string[] = []
  for (const panel of panels) {
    drawn.push(...drawPanel(panel, top, x, minutes, starts))
    top += HEIGHT + GAP
  }
  drawn.push(...drawTime(top - GAP + 16, x, minutes))
  const total = top + 4
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" role="img" aria-labelledby="t d">
<title id="t">A run of npm run drill</title>
<desc id="d">Latencies of calls and memory of processes over ${Math.round(minutes)} minutes, with a thin line where each of ${starts.length} parts begins.</desc>
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a }
.head { font-size: 16px; font-weight: 600; fill: #1c2022 }
.title { font-weight: 600; fill: #1c2022 }
.grid { stroke: #d8dee4 }
.part { stroke: #eef1f4 }
.high, .low { fill: none; stroke-width: 1.5 }
.high { stroke: #b35900 }
.low { stroke: #1b7f4d }
.key { stroke-width: 3 }
</style>
<rect width="${WIDTH}" height="${total}" rx="8" fill="#fff"/>
<text x="16" y="30" class="head">Every promise at its count: latencies and memory over ${Math.round(minutes)} minutes</text>
${drawn.join('\n')}
</svg>
`
}

function drawPanel(
  panel: Panel,
  top: number,
  x: (minute: number) => number,
  minutes: number,
  starts: readonly string[],
): string[] {
  const values = panel.lines.flatMap(({ points }) => points.map(({ value }) => value))
  const ticks = panel.isLogarithmic ? powers(values) : rounds(values)
  const scale = panel.isLogarithmic ? Math.log10 : (value: number) => value
  const [least = 0, most = 1] = [ticks[0], ticks.at(-1)]
  const y = (value: number) => {
    const share = (scale(Math.max(value, least)) - scale(least)) / (scale(most) - scale(least))
    return top + HEIGHT - share * HEIGHT
  }
  const parts = [
    `<text x="16" y="${top - 14}" class="title">${panel.title}</text>`,
    ...starts.map((at) => `<path class="part" d="M${at} ${top}V${top + HEIGHT}"/>`),
    ...ticks.flatMap((tick) => [
      `<path class="grid" d="M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}"/>`,
      `<text x="${LEFT - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${tick.toLocaleString('en')}</text>`,
    ]),
  ]
  let right = WIDTH - RIGHT
  for (const { name, css, points } of panel.lines) {
    // Nothing is drawn over a time in which nothing was measured.
    const gap = Math.max(0.2, minutes / 100)
    const path = thinned(points, minutes)
      .map(({ at, value }, index, all) => {
        const isBroken = index === 0 || at - (all[index - 1]?.at ?? 0) > gap
        return `${isBroken ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`
      })
      .join('')
    right -= 100
    parts.push(
      `<path class="${css}" d="${path}"/>`,
      `<path class="${css} key" d="M${right} ${top - 18}h18"/>`,
      `<text x="${right + 24}" y="${top - 14}">${name}</text>`,
    )
  }
  return parts
}

function drawTime(y: number, x: (minute: number) => number, minutes: number): string[] {
  const step = [1, 2, 5, 10, 20].find((one) => minutes / one <= 12) ?? 60
  const labels: string[] = []
  for (let minute = 0; minute <= minutes; minute += step) {
    const text = minute === 0 ? '0 min' : String(minute)
    labels.push(`<text x="${x(minute).toFixed(1)}" y="${y}" text-anchor="middle">${text}</text>`)
  }
  return labels
}

/** The highest point of each of equal spans. */
function thinned(points: readonly Point[], minutes: number): Point[] {
  const spans = new Map<number, Point>()
  for (const point of points) {
    const span = Math.floor((point.at / minutes) * POINTS_MAX)
    const before = spans.get(span)
    if (before === undefined || before.value < point.value) spans.set(span, point)
  }
  return [...spans.values()].toSorted((a, b) => a.at - b.at)
}

/** Powers of ten around the values. */
function powers(values: readonly number[]): number[] {
  const least = Math.floor(Math.log10(Math.max(0.1, Math.min(...values, 1))))
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values, 10))))
  return Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index))
}

/** Some round numbers from zero to beyond the values. */
function rounds(values: readonly number[]): number[] {
  const most = Math.max(...values, 1)
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.5, 1, 2].map((one) => one * power).find((one) => most / one <= 5) ?? power
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}
