import type { Schemas } from '../../shared/api.ts'
import { compact, number, percent, time } from '../../shared/format.ts'
import { Empty, MayNot, Show, useLoad } from '../../shared/load.tsx'
import { Plot } from '../../shared/plot.tsx'
import { Link, hrefWith } from '../../shared/router.tsx'
import { Bar, Section, iso } from '../../shared/ui.tsx'
import { asked } from '../filters.tsx'
import { api, may } from '../session.ts'
import { Anomalies } from '../anomalies.tsx'
import { limitsOf } from './limits.ts'

/** The limits are those of the plans that count, which subscriptions decide. */
const NEEDED = ['usage:read', 'subscriptions:read'] as const
const DAYS = 30
const DAY_MS = 86_400_000

export function UsageOf({ customer }: { customer: Schemas['Customer'] }) {
  const lacking = NEEDED.filter((permission) => !may(permission))
  if (lacking.length > 0)
    return (
      <MayNot>
        It needs <code>{lacking.join(', ')}</code>.
      </MayNot>
    )
  return (
    <>
      <AgainstLimits customer={customer} />
      <Section title="Anomalies and passed limits">
        <Anomalies customerId={customer.customer_id} />
      </Section>
    </>
  )
}

/** This month’s sums beside the limits that count, and a plot of one metric. */
function AgainstLimits({ customer }: { customer: Schemas['Customer'] }) {
  const id = customer.customer_id
  const chosen = asked('metric')
  const found = useLoad(
    async (signal) => {
      const from = iso(Date.now() - DAYS * DAY_MS)
      const [months, days, plans, subscriptions] = await Promise.all([
        api('getUsage', { customer_id: id, bucket: 'month', from: monthStart() }, { signal }),
        api('getUsage', { customer_id: id, bucket: 'day', from }, { signal }),
        Promise.all(customer.plans.map((plan) => api('getPlan', { plan_id: plan }, { signal }))),
        api('getSubscription', { customer_id: id }, { signal }),
      ])
      const limits = limitsOf(plans, subscriptions.subscriptions, Date.now())
      return { months: months.data, days: days.data, limits }
    },
    [id, customer.plans],
  )
  return (
    <Show of={found} lines={5}>
      {({ months, days, limits }) => {
        const metrics = [
          ...new Set([...months.map(({ metric }) => metric), ...limits.keys()]),
        ].toSorted()
        const metric = chosen ?? metrics[0]
        if (metric === undefined)
          return <Empty title="No usage was reported this month, and there are no limits." />
        const shown = days.filter((one) => one.metric === metric)
        return (
          <>
            <Section title="This month" note={`Since ${time(monthStart())}`}>
              <ul class="bars">
                {metrics.map((one) => {
                  const used = months.find((row) => row.metric === one)?.sum ?? 0
                  const limit = limits.get(one)
                  return (
                    <li key={one}>
                      <div class="line">
                        <Link
                          href={hrefWith({ metric: one })}
                          aria-current={one === metric ? 'true' : undefined}
                        >
                          {one}
                        </Link>
                        <span>
                          {number(used)}
                          {limit === undefined ? ', no limit' : ` of ${number(limit)}`}
                        </span>
                      </div>
                      {limit !== undefined && limit > 0 && (
                        <Bar
                          share={used / limit}
                          label={`${percent(used / limit)} of ${one} used`}
                        />
                      )}
                    </li>
                  )
                })}
              </ul>
            </Section>
            <Plot
              title={`${metric} by day`}
              times={shown.map(({ bucket }) => Date.parse(bucket) / 1_000)}
              format={compact}
              series={[
                {
                  name: metric,
                  colour: 'plot-1',
                  kind: 'bars',
                  values: shown.map(({ sum }) => sum),
                },
              ]}
            />
          </>
        )
      }}
    </Show>
  )
}

function monthStart(): string {
  const now = new Date()
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth())).toISOString()
}
