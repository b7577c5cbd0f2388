import type { Schemas } from '../shared/api.ts'
import { compact, number } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Plot } from '../shared/plot.tsx'
import { Link, hrefOf, hrefWith } from '../shared/router.tsx'
import { type Column, Table } from '../shared/table.tsx'
import { MoreOf, Section, iso } from '../shared/ui.tsx'
import { Anomalies } from './anomalies.tsx'
import { asked } from './filters.tsx'
import { api } from './session.ts'

const DAYS = 30
const DAY_MS = 86_400_000

type Entry = Schemas['TopUsageEntry']

/** Usage of all customers, who reports most, and what is unusual. */
export function UsagePage() {
  const found = useLoad(
    (signal) =>
      api('getUsageOfAll', { bucket: 'day', from: iso(Date.now() - DAYS * DAY_MS) }, { signal }),
    [],
  )
  return (
    <>
      <h1>Usage</h1>
      <p class="lead">What all customers have reported in the last {DAYS} days.</p>
      <Show of={found} lines={8}>
        {({ data }) => {
          const metrics = [...new Set(data.map(({ metric }) => metric))].toSorted()
          const metric = asked('metric') ?? metrics[0]
          if (metric === undefined) return <Empty title="Nothing was reported in this time." />
          const shown = data.filter((one) => one.metric === metric)
          return (
            <>
              <nav class="tabs" aria-label="Metrics">
                <MoreOf of={metrics} atFirst={40}>
                  {(some) =>
                    some.map((one) => (
                      <Link
                        key={one}
                        href={hrefWith({ metric: one })}
                        aria-current={one === metric ? 'true' : undefined}
                      >
                        {one}
                      </Link>
                    ))
                  }
                </MoreOf>
              </nav>
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
              <Section title="Most of it" note="The first ten customers.">
                <Top metric={metric} />
              </Section>
            </>
          )
        }}
      </Show>
      <Section title="Anomalies and passed limits">
        <Anomalies />
      </Section>
    </>
  )
}

function Top({ metric }: { metric: string }) {
  const found = useLoad((signal) => api('getTopUsage', { metric, limit: 10 }, { signal }), [metric])
  const columns: Column<Entry>[] = [
    {
      name: 'Customer',
      cell: (row) => (
        <Link href={hrefOf(['customers', row.customer_id], { tab: 'usage', metric })}>
          <code>{row.customer_id}</code>
        </Link>
      ),
    },
    { name: 'Sum', isNumber: true, cell: (row) => row.sum_exact ?? number(row.sum) },
    { name: 'Reports', isNumber: true, cell: (row) => number(row.count) },
    { name: 'Largest', isNumber: true, cell: (row) => number(row.max) },
  ]
  return (
    <Show of={found}>
      {({ data }) => (
        <Table
          caption={`Most ${metric}`}
          columns={columns}
          rows={data}
          keyOf={(row) => row.customer_id}
        />
      )}
    </Show>
  )
}
