import type { Schemas } from '../../shared/api.ts'
import { money } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { Section, Time } from '../../shared/ui.tsx'
import { api } from '../session.ts'

type Hold = Schemas['HoldState']

const COLUMNS: Column<Hold>[] = [
  { name: 'Made', cell: (row) => <Time at={row.created_at} /> },
  {
    name: 'Reason',
    cell: ({ reason, reference }) => (
      <span class="reason">
        {reason ?? (reference === null && '—')}
        {reference !== null && <code>{reference}</code>}
      </span>
    ),
  },
  { name: 'Amount', isNumber: true, cell: (row) => money(row.amount, row.asset) },
  { name: 'Expires', cell: (row) => <Time at={row.expires_at} /> },
]

/** What is set aside now. */
export function Holds({ userId }: { userId: string }) {
  const holds = useLoad(
    (signal) => api('listFundsHolds', { user_id: userId, status: 'open', limit: 10 }, { signal }),
    [userId],
  )
  return (
    <Section title="Open holds">
      <Show of={holds}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="Nothing is held." />
          ) : (
            <Table
              caption="Open holds"
              columns={COLUMNS}
              rows={data}
              keyOf={(row) => row.hold_id}
            />
          )
        }
      </Show>
    </Section>
  )
}
