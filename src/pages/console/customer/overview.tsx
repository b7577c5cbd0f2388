import type { Schemas } from '../../shared/api.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Badge, Facts, Id, Json, Section, Status, Time } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
import { api, may } from '../session.ts'

type Customer = Schemas['Customer']
type Subscription = Schemas['Subscription']
type License = Schemas['License']

export function Overview({ customer }: { customer: Customer }) {
  return (
    <>
      {may('subscriptions:read') && <Subscriptions customer={customer} />}
      <Licences customerId={customer.customer_id} />
      <Section title="About">
        <Facts
          of={[
            ['Email', customer.email],
            ['External id', customer.external_id],
            [
              'At Stripe',
              customer.stripe_customer_ids.length === 0
                ? 'Not known there'
                : customer.stripe_customer_ids.map((id) => <Id of={id} key={id} />),
            ],
            ['Created', <Time at={customer.created_at} />],
            ['Changed', <Time at={customer.updated_at} />],
          ]}
        />
        {Object.keys(customer.metadata).length > 0 && (
          <Json of={customer.metadata} label="Metadata" />
        )}
      </Section>
    </>
  )
}

const SUBSCRIPTION_COLUMNS: Column<Subscription>[] = [
  {
    name: 'Items',
    cell: (row) =>
      row.plans.length === 0 ? (
        <span class="faint">None of a plan of ours</span>
      ) : (
        row.plans.map(({ plan, quantity }) => (
          <div key={plan}>
            {quantity} × {plan}
          </div>
        ))
      ),
  },
  {
    name: 'State',
    cell: (row) => (
      <span class="states">
        <Status is={row.status} />
        {row.paused && <Badge tone="warn">paused</Badge>}
        {row.cancel_at_period_end && <Badge tone="warn">cancelled</Badge>}
      </span>
    ),
  },
  {
    name: 'Paid until',
    cell: ({ current_period_end: end }) => (end === null ? '—' : <Time at={end} />),
  },
  { name: 'Ends', cell: ({ ends_at: end }) => (end === null ? 'Renews' : <Time at={end} />) },
  { name: 'At Stripe', isExtra: true, cell: (row) => <code>{row.stripe_subscription_id}</code> },
]

function Subscriptions({ customer }: { customer: Customer }) {
  const found = useLoad(
    (signal) => api('getSubscription', { customer_id: customer.customer_id }, { signal }),
    [customer.customer_id, customer.updated_at],
  )
  return (
    <Show of={found}>
      {({ subscriptions }) => (
        <>
          <Section title="Plans held, and why">
            {customer.plans.length === 0 ? (
              <Empty title="This customer holds no plan." />
            ) : (
              <ul class="reasons">
                {customer.plans.map((plan) => (
                  <li key={plan}>
                    <strong>{plan}</strong>
                    {plan === customer.plan && <Badge tone="good">highest rank</Badge>}
                    <span class="faint">{whyHeld(plan, customer, subscriptions)}</span>
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <Section title="Subscriptions">
            {subscriptions.length === 0 ? (
              <Empty title="There is no subscription." />
            ) : (
              <Table
                caption="Subscriptions"
                columns={SUBSCRIPTION_COLUMNS}
                rows={subscriptions}
                keyOf={(row) => row.stripe_subscription_id}
              />
            )}
          </Section>
        </>
      )}
    </Show>
  )
}

function whyHeld(plan: string, customer: Customer, all: readonly Subscription[]): string {
  const from = all.filter(({ plans }) => plans.some((one) => one.plan === plan))
  const reasons = [
    ...from.map(
      (one) =>
        `by the subscription ${one.stripe_subscription_id}, ${one.status.replaceAll('_', ' ')}`,
    ),
    ...(customer.base_plan === plan ? ['set by an operator'] : []),
  ]
  return reasons.length > 0 ? reasons.join('; ') : 'the default plan'
}

const LICENCE_COLUMNS: Column<License>[] = [
  { name: 'Licence', cell: (row) => <code>{row.license_id}</code> },
  { name: 'Plan', cell: (row) => row.plan ?? '—' },
  { name: 'Seats', isNumber: true, cell: (row) => row.quantity },
  { name: 'State', cell: (row) => <Status is={row.status} /> },
  { name: 'Issued', isExtra: true, cell: (row) => <Time at={row.issued_at} /> },
  { name: 'Expires', cell: (row) => <Time at={row.expires_at} /> },
]

function Licences({ customerId }: { customerId: string }) {
  const cursor = asked('licences')
  const found = useLoad(
    (signal) =>
      api('listLicenses', { customer_id: customerId, limit: 20, ...given({ cursor }) }, { signal }),
    [customerId, cursor],
  )
  return (
    <Section title="Licences">
      <Show of={found}>
        {(page) => (
          <>
            <Rows page={page} cursor={cursor} empty={<Empty title="No licence is issued." />}>
              {(rows) => (
                <Table
                  caption="Licences"
                  columns={LICENCE_COLUMNS}
                  rows={rows}
                  keyOf={(row) => row.license_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} name="licences" />
          </>
        )}
      </Show>
    </Section>
  )
}
