import type { Schemas } from '../../shared/api.ts'
import { money, percent } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Plot } from '../../shared/plot.tsx'
import { Figure, MoreOf, Section, iso } from '../../shared/ui.tsx'
import { api } from '../session.ts'
import { type Part, partsOf, sum } from './flow.ts'

type Flow = Schemas['MoneyFlow']

/** Each has two plots. */
const ASSETS = 6
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/** Money in and out by hour: the last day beside the same day a week before. */
export function Money() {
  const found = useLoad(async (signal) => {
    // Whole hours, so that the same hours of both weeks are compared.
    const end = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS
    const read = (to: number) =>
      api('getMoneyFlow', { from: iso(to - DAY_MS), to: iso(to), bucket: 'hour' }, { signal })
    const [today, before] = await Promise.all([read(end), read(end - WEEK_MS)])
    return { today, before, end }
  }, [])
  return (
    <Show of={found} lines={6}>
      {({ today, before, end }) => {
        const assets = [...new Set([...today.data, ...before.data].map(({ asset }) => asset))]
        if (assets.length === 0) {
          return (
            <Section title="Money, the last 24 hours">
              <Empty title="Nothing has moved in the last day, or a week before.">
                Charges and top-ups will be here, by hour.
              </Empty>
            </Section>
          )
        }
        return (
          <MoreOf of={assets} atFirst={ASSETS}>
            {(shown) =>
              shown.map((asset) => (
                <OfAsset key={asset} asset={asset} today={today} before={before} end={end} />
              ))
            }
          </MoreOf>
        )
      }}
    </Show>
  )
}

const FIGURES: readonly (readonly [Part, string])[] = [
  ['out', 'Charged'],
  ['in', 'Put in'],
  ['back', 'Given back'],
  ['ended', 'Ended or taken back'],
]

interface Props {
  asset: string
  today: Flow
  before: Flow
  end: number
}

function OfAsset({ asset, today, before, end }: Props) {
  const hours = Array.from({ length: 24 }, (_, index) => end - (24 - index) * HOUR_MS)
  const [now, then] = [partsOf(today, asset), partsOf(before, asset)]
  const shown = { asset: asset.split('/')[0] ?? asset }
  const values = (sums: ReadonlyMap<number, number>, shift = 0) =>
    hours.map((at) => sums.get(at - shift) ?? 0)
  return (
    <Section title={`Money in ${shown.asset}, the last 24 hours`}>
      <div class="figures">
        {FIGURES.map(([part, name]) => (
          <Figure
            key={part}
            name={name}
            value={money(sum(now[part]), asset)}
            note={compared(sum(now[part]), sum(then[part]))}
          />
        ))}
      </div>
      <div class="plots">
        {(['out', 'in'] as const).map((part) => (
          <Plot
            key={part}
            title={part === 'out' ? 'Charged by hour' : 'Put in by hour'}
            times={hours.map((at) => at / 1_000)}
            format={(value) => money(value, asset, { isCompact: true })}
            height={180}
            series={[
              {
                name: 'Now',
                colour: part === 'out' ? 'plot-1' : 'plot-2',
                kind: 'bars',
                values: values(now[part]),
              },
              {
                name: 'A week before',
                colour: 'plot-4',
                isDashed: true,
                values: values(then[part], WEEK_MS),
              },
            ]}
          />
        ))}
      </div>
    </Section>
  )
}

function compared(now: number, before: number): string {
  if (before === 0) return now === 0 ? 'as a week before' : 'nothing a week before'
  const change = now / before - 1
  if (Math.abs(change) < 0.005) return 'as a week before'
  return `${percent(Math.abs(change))} ${change > 0 ? 'more' : 'less'} than a week before`
}
