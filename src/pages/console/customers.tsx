import type { Schemas } from '../shared/api.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Link, hrefOf } from '../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../shared/table.tsx'
import { Status, Time } from '../shared/ui.tsx'
import { Filters, asked, given } from './filters.tsx'
import { api } from './session.ts'

type Customer = Schemas['Customer']

const COLUMNS: Column<Customer>[] = [
  {
    name: 'Customer',
    cell: (row) => (
      <Link href={hrefOf(['customers', row.customer_id])} class="two">
        <span>{row.company_name ?? row.email}</span>
        {row.company_name !== null && <span class="faint">{row.email}</span>}
      </Link>
    ),
  },
  { name: 'State', cell: (row) => <Status is={row.status} /> },
  { name: 'Plan', cell: (row) => row.plan ?? <span class="faint">None</span> },
  {
    name: 'Subscription',
    cell: (row) =>
      row.subscription_status === null ? (
        <span class="faint">None</span>
      ) : (
        <Status is={row.subscription_status} />
      ),
  },
  { name: 'Id', isExtra: true, cell: (row) => <code>{row.customer_id}</code> },
  { name: 'Created', isExtra: true, cell: (row) => <Time at={row.created_at} /> },
]

const SUBSCRIPTIONS = [
  'active',
  'trialing',
  'past_due',
  'unpaid',
  'canceled',
  'incomplete',
  'paused',
] as const

export function CustomersPage() {
  const query = {
    email: asked('email'),
    external_id: asked('external_id'),
    plan: asked('plan'),
    subscription_status: asked<(typeof SUBSCRIPTIONS)[number]>('subscription'),
    status: asked<'active' | 'suspended'>('status'),
    cursor: asked('cursor'),
  }
  const customers = useLoad(
    (signal) => api('listCustomers', { limit: 50, ...given(query) }, { signal }),
    [query],
  )
  return (
    <>
      <h1>Customers</h1>
      <p class="lead">Those with API keys, plans and licences, the newest first.</p>
      <Filters
        label="Filter customers"
        of={[
          { name: 'email', label: 'Email' },
          { name: 'external_id', label: 'External id' },
          { name: 'plan', label: 'Plan' },
          {
            name: 'subscription',
            label: 'Subscription',
            options: SUBSCRIPTIONS.map((one) => [one, one.replaceAll('_', ' ')]),
          },
          {
            name: 'status',
            label: 'State',
            options: [
              ['active', 'Active'],
              ['suspended', 'Suspended'],
            ],
          },
        ]}
      />
      <Show of={customers} lines={10}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={query.cursor}
              empty={<Empty title="No customer is like this." />}
            >
              {(rows) => (
                <Table
                  caption="Customers"
                  columns={COLUMNS}
                  rows={rows}
                  keyOf={(row) => row.customer_id}
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
