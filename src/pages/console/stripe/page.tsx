import type { Schemas } from '../../shared/api.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Status, Time } from '../../shared/ui.tsx'
import { Filters, asked, given } from '../filters.tsx'
import { api } from '../session.ts'

type Event = Schemas['StripeEvent']
type EventStatus = Event['status']

const COLUMNS: Column<Event>[] = [
  { name: 'Received', cell: (row) => <Time at={row.received_at} /> },
  {
    name: 'Event',
    cell: (row) => (
      <Link href={hrefOf(['stripe', row.event_id])} class="two">
        <span>{row.type}</span>
        <code class="faint">{row.event_id}</code>
      </Link>
    ),
  },
  { name: 'State', cell: (row) => <Status is={row.status} /> },
  { name: 'Why', cell: ({ reason }) => reason ?? <span class="faint">—</span> },
  {
    name: 'About',
    isExtra: true,
    cell: ({ object_id: id }) => (id === null ? '—' : <code>{id}</code>),
  },
]

/** What Stripe has sent: first what waits for an operator, then all of it. */
export function StripePage() {
  const query = {
    status: asked<EventStatus>('status'),
    type: asked('type'),
    customer_id: asked('customer'),
    cursor: asked('cursor'),
  }
  const parkedCursor = asked('parked')
  const isFiltered = Object.values(query).some((value) => value !== undefined)
  const parked = useLoad(
    (signal) =>
      api(
        'listStripeEvents',
        { status: 'parked', limit: 50, ...given({ cursor: parkedCursor }) },
        { signal },
      ),
    [parkedCursor],
  )
  const events = useLoad(
    (signal) => api('listStripeEvents', { limit: 50, ...given(query) }, { signal }),
    [query],
  )
  return (
    <>
      <h1>Stripe’s inbox</h1>
      <p class="lead">Every event with Stripe’s signature, stored once before it is applied.</p>
      {!isFiltered && (
        <Section title="Parked" note="They have failed repeatedly, and wait to be replayed.">
          <Show of={parked}>
            {(page) => (
              <>
                <Rows
                  page={page}
                  cursor={parkedCursor}
                  empty={<Empty title="Nothing is parked." />}
                >
                  {(rows) => (
                    <Table
                      caption="Parked events"
                      columns={COLUMNS}
                      rows={rows}
                      keyOf={(row) => row.event_id}
                    />
                  )}
                </Rows>
                <Pager next={page.next_cursor} cursor={parkedCursor} name="parked" />
              </>
            )}
          </Show>
        </Section>
      )}
      <Section title="All events">
        <Filters
          label="Filter events"
          of={[
            {
              name: 'status',
              label: 'State',
              options: (['parked', 'waiting', 'applied', 'ignored'] as const).map((one) => [
                one,
                one,
              ]),
            },
            { name: 'type', label: 'Type' },
            { name: 'customer', label: 'Customer' },
          ]}
        />
        <Show of={events} lines={10}>
          {(page) => (
            <>
              <Rows
                page={page}
                cursor={query.cursor}
                empty={<Empty title="No event is like this." />}
              >
                {(rows) => (
                  <Table
                    caption="All events"
                    columns={COLUMNS}
                    rows={rows}
                    keyOf={(row) => row.event_id}
                  />
                )}
              </Rows>
              <Pager next={page.next_cursor} cursor={query.cursor} />
            </>
          )}
        </Show>
      </Section>
    </>
  )
}
