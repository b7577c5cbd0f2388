import { number } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { Section } from '../../shared/ui.tsx'
import { api } from '../session.ts'
import { byLabel, samplesOf } from './metrics.ts'

interface Row {
  what: string
  why: string
  count: number
}

/** What was refused and why, as far as the server that answers has counted since it started. */
export function Refusals() {
  const found = useLoad(async (signal) => {
    const samples = samplesOf(await api('getMetrics', {}, { signal }))
    const of = (what: string, name: string, label: string): Row[] =>
      byLabel(samples, name, label).map(([why, count]) => ({ what, why, count }))
    return [
      ...of('Money', 'strongroom_funds_refusals_total', 'code'),
      ...of('Credentials', 'strongroom_auth_failures_total', 'scope'),
      ...of('Limits', 'strongroom_rate_limited_total', 'limit'),
    ]
  }, [])
  return (
    <Section title="Refused" note="By the server that answers, since it started.">
      <Show of={found} lines={5}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="Nothing was refused." />
          ) : (
            <Table
              caption="Refusals by reason"
              columns={COLUMNS}
              rows={rows}
              keyOf={(row) => `${row.what} ${row.why}`}
            />
          )
        }
      </Show>
    </Section>
  )
}

const COLUMNS: Column<Row>[] = [
  { name: 'Of', cell: (row) => row.what },
  { name: 'Reason', cell: (row) => <code>{row.why}</code> },
  { name: 'Times', isNumber: true, cell: (row) => number(row.count) },
]
