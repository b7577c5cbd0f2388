import { number } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Plot } from '../../shared/plot.tsx'
import { iso } from '../../shared/ui.tsx'
import { api } from '../session.ts'

const HOUR_MS = 3_600_000
const HOURS = 48

/** A key's calls by hour, and how many of them were refused. */
export function Calls({ customerId, keyId }: { customerId: string; keyId: string }) {
  const found = useLoad(
    (signal) => {
      const from = iso(Date.now() - HOURS * HOUR_MS)
      const query = { customer_id: customerId, key_id: keyId, bucket: 'hour' as const, from }
      return api('listApiKeyCalls', query, { signal })
    },
    [customerId, keyId],
  )
  return (
    <Show of={found}>
      {({ data }) => {
        if (data.length === 0) return <Empty title={`No calls in the last ${HOURS} hours.`} />
        const byHour = new Map(data.map((one) => [Date.parse(one.bucket), one]))
        const last = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
        const hours = Array.from(
          { length: HOURS },
          (_, index) => last - (HOURS - 1 - index) * HOUR_MS,
        )
        return (
          <Plot
            title={`Calls by hour, the last ${HOURS} hours`}
            times={hours.map((ms) => ms / 1_000)}
            format={number}
            height={160}
            series={[
              {
                name: 'Calls',
                colour: 'plot-1',
                kind: 'bars',
                values: hours.map((ms) => byHour.get(ms)?.calls ?? 0),
              },
              {
                name: 'Refused',
                colour: 'bad',
                kind: 'bars',
                values: hours.map((ms) => byHour.get(ms)?.refused ?? 0),
              },
            ]}
          />
        )
      }}
    </Show>
  )
}
