import uPlot from 'uplot'
// oxlint-disable-next-line import/no-unassigned-import
import 'uplot/dist/uPlot.min.css'
import type { Series } from './plot.tsx'

interface Wanted {
  times: readonly number[]
  series: readonly Series[]
  format: (value: number) => string
  height: number
}

const AXIS_PX = 64
const FONT = '11px system-ui, sans-serif'

/**
 * Draws on a canvas, and again where the room or the colours change. It loads with the first plot.
 * @returns what ends it
 */
export function draw(target: HTMLElement, wanted: Wanted): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  let plot: uPlot | null = null
  const make = () => {
    plot?.destroy()
    plot = new uPlot(optionsOf(target, wanted), dataOf(wanted), target)
  }
  make()
  const watching = new ResizeObserver(() => {
    plot?.setSize({ width: target.clientWidth, height: wanted.height })
  })
  watching.observe(target)
  dark.addEventListener('change', make)
  return () => {
    watching.disconnect()
    dark.removeEventListener('change', make)
    plot?.destroy()
  }
}

function dataOf({ times, series }: Wanted): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData
}

function optionsOf(target: HTMLElement, { series, format, height, times }: Wanted): uPlot.Options {
  const styles = getComputedStyle(document.documentElement)
  const colour = (name: string) => styles.getPropertyValue(`--${name}`).trim()
  const line = { stroke: colour('line'), width: 1 }
  const axis = { stroke: colour('faint'), font: FONT, grid: line, ticks: { show: false } }
  return {
    width: target.clientWidth,
    height,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (_plot, first, last) => xRange(first, last, series, times.length) },
      y: { range: (_plot, low, high) => yRange(low, high) },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 84,
        values: (_plot, ticks) => timesOf(ticks),
      },
      {
        ...axis,
        size: AXIS_PX,
        space: 34,
        values: (_plot, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [{}, ...series.map((one) => seriesOf(one, colour, times.length))],
    plugins: [tip(format)],
  }
}

function seriesOf(
  { name, colour: named, kind = 'line', isFilled, isDashed }: Series,
  colour: (name: string) => string,
  count: number,
): uPlot.Series {
  const { bars, stepped } = uPlot.paths
  const paths =
    kind === 'bars'
      ? bars?.({ size: [0.7, 28], radius: 0.15 })
      : kind === 'step'
        ? stepped?.({ align: 1 })
        : undefined
  return {
    label: name,
    stroke: colour(named),
    width: kind === 'bars' ? 0 : 1.75,
    ...(kind === 'bars' && { fill: colour(named) }),
    ...(isFilled && { fill: colour(`${named}-soft`) }),
    ...(isDashed && { dash: [4, 4] }),
    ...(paths !== undefined && { paths }),
    points: { show: kind !== 'bars' && count === 1 },
    spanGaps: true,
  }
}

const HOURS = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const DAYS = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const DAY_S = 86_400

/** Days, and between them hours, as the reader writes them. */
function timesOf(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  return ticks.map((tick) => {
    const at = new Date(tick * 1_000)
    const isDay = step >= DAY_S || (at.getHours() === 0 && at.getMinutes() === 0)
    return (isDay ? DAYS : HOURS).format(at)
  })
}

/** The range of the x axis, with room for the whole first and last bar. */
function xRange(
  first: number,
  last: number,
  series: readonly Series[],
  count: number,
): [number, number] {
  const hasBars = series.some(({ kind }) => kind === 'bars')
  const step = count > 1 ? (last - first) / (count - 1) : DAY_S
  const room = hasBars || count === 1 ? step / 2 : 0
  return [first - room, last + room]
}

/** From zero on, or from below where something is below it. */
function yRange(low: number | null, high: number | null): [number, number] {
  const bottom = Math.min(low ?? 0, 0)
  const top = Math.max(high ?? 0, 0)
  const room = (top - bottom || 1) * 0.08
  return [bottom === 0 ? 0 : bottom - room, top + room]
}

/** What stands under the pointer, as text. */
function tip(format: (value: number) => string): uPlot.Plugin {
  const box = document.createElement('div')
  box.className = 'tip'
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = 0 } = plot.cursor
        box.hidden = idx == null || left < 0
        if (idx == null || left < 0) return
        const at = new Date((plot.data[0][idx] ?? 0) * 1_000)
        const lines = plot.series.slice(1).map((one, index) => {
          const value = plot.data[index + 1]?.[idx]
          return `${typeof one.label === 'string' ? one.label : ''}: ${value == null ? '–' : format(value)}`
        })
        box.textContent = [at.toLocaleString(), ...lines].join('\n')
        const isRight = left > plot.over.clientWidth / 2
        box.style.left = isRight ? '' : `${left + 12}px`
        box.style.right = isRight ? `${plot.over.clientWidth - left + 12}px` : ''
      },
    },
  }
}
