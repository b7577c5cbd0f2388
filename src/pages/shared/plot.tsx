import { useEffect, useRef, useState } from 'preact/hooks'
import { preciseTime } from './format.ts'

export interface Series {
  name: string
  /** The name of a colour in `tokens.css`, without the dashes. */
  colour: string
  values: readonly (number | null)[]
  kind?: 'line' | 'bars' | 'step'
  isFilled?: boolean
  isDashed?: boolean
}

interface Props {
  title: string
  /** Seconds since 1970, ascending. */
  times: readonly number[]
  series: readonly Series[]
  format: (value: number) => string
  height?: number
}

const LINES_MAX = 200

/** A plot over time, and the same as a table for who does not see it. */
export function Plot({ title, times, series, format, height = 200 }: Props) {
  const element = useRef<HTMLDivElement>(null)
  const [hasFailed, setFailed] = useState(false)
  const key = JSON.stringify([times, series])
  useEffect(() => {
    const target = element.current
    if (target === null || times.length === 0) return
    let close = () => {}
    let isGone = false
    const start = async () => {
      const { draw } = await import('./draw.ts')
      if (!isGone) close = draw(target, { times, series, format, height })
    }
    start().then(
      () => setFailed(false),
      () => setFailed(true),
    )
    return () => {
      isGone = true
      close()
    }
  }, [key, height])
  const shown = times.map((_, index) => index).slice(-LINES_MAX)
  return (
    <figure class="plot">
      <figcaption>
        <span class="title">{title}</span>
        {series.map(({ name, colour }) => (
          <span class={`key ${colour}`} key={name}>
            {name}
          </span>
        ))}
      </figcaption>
      <div ref={element} class="canvas" aria-hidden="true" />
      {hasFailed && (
        <p class="note quiet" role="status">
          It could not be drawn; the table has its numbers.
        </p>
      )}
      <details>
        <summary>As a table</summary>
        <div class="table" role="region" aria-label={title} tabIndex={0}>
          <table>
            <caption class="hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ name }) => (
                  <th scope="col" class="number" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((index) => (
                <tr key={index}>
                  <td>{preciseTime(new Date((times[index] ?? 0) * 1_000).toISOString())}</td>
                  {series.map(({ name, values }) => (
                    <td class="number" key={name}>
                      {values[index] == null ? '–' : format(values[index])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
