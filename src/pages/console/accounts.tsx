import type { Schemas } from '../shared/api.ts'
import { money } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Link, hrefOf } from '../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../shared/table.tsx'
import { Badge, Status, Time } from '../shared/ui.tsx'
import { Filters, asked, given } from './filters.tsx'
import { api } from './session.ts'

type Account = Schemas['Account']

const COLUMNS: Column<Account>[] = [
  {
    name: 'User',
    cell: (row) => <Link href={hrefOf(['accounts', row.user_id])}>{row.user_id}</Link>,
  },
  {
    name: 'State',
    cell: (row) => (
      <span class="states">
        <Status is={row.status} />
        {row.flags.map((flag) => (
          <Badge tone="bad" key={flag}>
            {flag.replaceAll('_', ' ')}
          </Badge>
        ))}
      </span>
    ),
  },
  { name: 'Tier', cell: (row) => row.tier },
  { name: 'Available', isNumber: true, cell: (row) => money(row.available ?? 0, row.asset) },
  { name: 'Balance', isNumber: true, cell: (row) => money(row.balance, row.asset) },
  { name: 'Held', isNumber: true, isExtra: true, cell: (row) => money(row.held, row.asset) },
  { name: 'Opened', isExtra: true, cell: (row) => <Time at={row.created_at} /> },
]

export function AccountsPage() {
  const query = {
    user_id_prefix: asked('user'),
    status: asked<Account['status']>('status'),
    tier: asked('tier'),
    flag: asked<'charged_back'>('flag'),
    cursor: asked('cursor'),
  }
  const accounts = useLoad(
    (signal) => api('listFundsAccounts', { limit: 50, ...given(query) }, { signal }),
    [query],
  )
  return (
    <>
      <h1>Accounts</h1>
      <p class="lead">Users with prepaid funds, the newest first.</p>
      <Filters
        label="Filter accounts"
        of={[
          { name: 'user', label: 'User begins with' },
          { name: 'tier', label: 'Tier' },
          {
            name: 'status',
            label: 'State',
            options: [
              ['active', 'Active'],
              ['frozen', 'Frozen'],
              ['closed', 'Closed'],
            ],
          },
          { name: 'flag', label: 'Flag', options: [['charged_back', 'Charged back']] },
        ]}
      />
      <Show of={accounts} lines={10}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={query.cursor}
              empty={
                <Empty title="No account is like this.">
                  A service opens an account with <code>POST /account</code>.
                </Empty>
              }
            >
              {(rows) => (
                <Table
                  caption="Accounts"
                  columns={COLUMNS}
                  rows={rows}
                  keyOf={(row) => row.user_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={query.cursor} />
          </>
        )}
      </Show>
    </>
  )
}
