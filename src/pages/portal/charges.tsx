import { dayOf, lastDays } from '../shared/days.ts'
import { money, number, preciseTime } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { ROWS_MAX } from '../shared/page-through.ts'
import { Plot } from '../shared/plot.tsx'
import { Section, iso } from '../shared/ui.tsx'
import { api } from './session.ts'
import { spentSince } from './spent.ts'

const DAYS = 30

export function ChargesByDay({ userId, asset }: { userId: string; asset: string }) {
  const found = useLoad(
    async (signal) => {
      const days = lastDays(DAYS)
      const spent = await spentSince(days[0] ?? 0, (query) =>
        api('listTransfers', { user_id: userId, ...query }, { signal }),
      )
      return { ...spent, days }
    },
    [userId],
  )
  return (
    <Section title="What you used">
      <Show of={found} lines={5}>
        {({ byDay, since, days }) => {
          if (byDay.size === 0 && since === null)
            return <Empty title={`Nothing was charged in the last ${DAYS} days.`} />
          const shown = since === null ? days : days.filter((day) => day >= dayOf(since))
          return (
            <>
              {since !== null && (
                <p class="note quiet">
                  Your newest {number(ROWS_MAX)} movements are counted here, since{' '}
                  {preciseTime(iso(since))}. The statement below has all of them.
                </p>
              )}
              <Plot
                title={
                  since === null ? `By day, the last ${DAYS} days` : 'By day, as far as counted'
                }
                times={shown.map((day) => day / 1_000)}
                format={(value) => money(value, asset, { isCompact: true })}
                height={180}
                series={[
                  {
                    name: 'Charged',
                    colour: 'plot-1',
                    kind: 'bars',
                    values: shown.map((day) => byDay.get(day) ?? 0),
                  },
                ]}
              />
            </>
          )
        }}
      </Show>
    </Section>
  )
}
