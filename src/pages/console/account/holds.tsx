import type { Schemas } from '../../shared/api.ts'
import { money } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Time } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
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
  const cursor = asked('holds')
  const holds = useLoad(
    (signal) => {
      const query = { user_id: userId, status: 'open' as const, limit: 10, ...given({ cursor }) }
      return api('listFundsHolds', query, { signal })
    },
    [userId, cursor],
  )
  return (
    <Section title="Open holds">
      <Show of={holds}>
        {(page) => (
          <>
            <Rows page={page} cursor={cursor} empty={<Empty title="Nothing is held." />}>
              {(rows) => (
                <Table
                  caption="Open holds"
                  columns={COLUMNS}
                  rows={rows}
                  keyOf={(row) => row.hold_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} name="holds" />
          </>
        )}
      </Show>
    </Section>
  )
}
