import { money } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Plot } from '../shared/plot.tsx'
import { Section, iso } from '../shared/ui.tsx'
import { api } from './session.ts'

const DAYS = 30
const DAY_MS = 86_400_000

/** Days begin where the reader is. */
function dayOf(ms: number): number {
  const at = new Date(ms)
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
}

export function ChargesByDay({ userId, asset }: { userId: string; asset: string }) {
  const found = useLoad(
    (signal) =>
      api(
        'getStatement',
        { user_id: userId, from: iso(dayOf(Date.now() - (DAYS - 1) * DAY_MS)) },
        { signal },
      ),
    [userId],
  )
  return (
    <Section title="What you used">
      <Show of={found} lines={5}>
        {({ movements }) => {
          const charges = movements.filter(({ kind }) => kind === 'deduct' || kind === 'capture')
          if (charges.length === 0)
            return <Empty title={`Nothing was charged in the last ${DAYS} days.`} />
          const sums = new Map<number, number>()
          for (const { created_at: at, amount } of charges) {
            const day = dayOf(Date.parse(at))
            sums.set(day, (sums.get(day) ?? 0) - amount)
          }
          const days = Array.from({ length: DAYS }, (_, index) =>
            dayOf(Date.now() - (DAYS - 1 - index) * DAY_MS),
          )
          return (
            <Plot
              title={`By day, the last ${DAYS} days`}
              times={days.map((day) => day / 1_000)}
              format={(value) => money(value, asset, { isCompact: true })}
              height={180}
              series={[
                {
                  name: 'Charged',
                  colour: 'plot-1',
                  kind: 'bars',
                  values: days.map((day) => sums.get(day) ?? 0),
                },
              ]}
            />
          )
        }}
      </Show>
    </Section>
  )
}
