import type { Schemas } from '../shared/api.ts'
import { number, words } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Link, hrefOf } from '../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../shared/table.tsx'
import { Badge, Time } from '../shared/ui.tsx'
import { asked, given } from './filters.tsx'
import { api } from './session.ts'

type Finding = Schemas['UsageFinding']

/** Hours of unusual usage, and limits that were passed: of one customer, or of all. */
export function Anomalies({ customerId }: { customerId?: string }) {
  const query = given({ customer_id: customerId, cursor: asked('findings') })
  const found = useLoad(
    (signal) => api('listUsageFindings', { limit: 20, ...query }, { signal }),
    [query],
  )
  const columns: Column<Finding>[] = [
    {
      name: 'Found',
      cell: (row) => (
        <Badge tone={row.kind === 'anomaly' ? 'warn' : 'bad'}>{words(row.kind)}</Badge>
      ),
    },
    { name: 'Metric', cell: (row) => row.metric },
    { name: 'Value', isNumber: true, cell: (row) => number(row.value) },
    { name: 'Above', isNumber: true, cell: (row) => number(row.threshold) },
    { name: 'At', cell: (row) => <Time at={row.at} /> },
    ...(customerId === undefined
      ? [
          {
            name: 'Customer',
            cell: (row: Finding) => (
              <Link
                href={hrefOf(['customers', row.customer_id], { tab: 'usage', metric: row.metric })}
              >
                <code>{row.customer_id}</code>
              </Link>
            ),
          },
        ]
      : []),
  ]
  return (
    <Show of={found}>
      {(page) => (
        <>
          <Rows
            page={page}
            cursor={query.cursor}
            empty={<Empty title="Nothing unusual was found." />}
          >
            {(rows) => (
              <Table
                caption="Anomalies and passed limits"
                columns={columns}
                rows={rows}
                keyOf={(row) => [row.customer_id, row.metric, row.at, row.kind].join(' ')}
              />
            )}
          </Rows>
          <Pager next={page.next_cursor} cursor={query.cursor} name="findings" />
        </>
      )}
    </Show>
  )
}
