import { useState } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Status, Time } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
import { Secret } from '../secret.tsx'
import { api, may } from '../session.ts'
import { AddEndpoint } from './acts.tsx'
import { Recent } from './recent.tsx'

type Endpoint = Schemas['WebhookEndpoint']

const COLUMNS: Column<Endpoint>[] = [
  {
    name: 'Endpoint',
    cell: (row) => (
      <Link href={hrefOf(['events', row.endpoint_id])} class="two">
        <span>{row.url}</span>
        {row.description !== null && <span class="faint">{row.description}</span>}
      </Link>
    ),
  },
  { name: 'State', cell: (row) => <Status is={row.status} /> },
  {
    name: 'Failing since',
    cell: ({ failing_since: at }) =>
      at === null ? <span class="faint">Not</span> : <Time at={at} isDistance />,
  },
  {
    name: 'Gets',
    isExtra: true,
    cell: (row) => <code class="wrap">{row.events.join(' ')}</code>,
  },
  { name: 'Made', isExtra: true, cell: (row) => <Time at={row.created_at} /> },
]

/** The endpoints, and the recent events. */
export function EventsPage() {
  const [isAdding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const cursor = asked('cursor')
  const found = useLoad(
    (signal) => api('listWebhookEndpoints', { limit: 50, ...given({ cursor }) }, { signal }),
    [cursor],
  )
  return (
    <>
      <h1>Events out</h1>
      <p class="lead">
        Events that this service sends to your endpoints, signed and at least once.
      </p>
      <Section
        title="Endpoints"
        actions={
          may('events:write') && (
            <button type="button" class="primary" onClick={() => setAdding(true)}>
              Add an endpoint
            </button>
          )
        }
      >
        <Show of={found}>
          {(page) => (
            <>
              <Rows
                page={page}
                cursor={cursor}
                empty={
                  <Empty title="There are no endpoints yet.">
                    <code>GET /api/events</code> pulls the same events.
                  </Empty>
                }
              >
                {(rows) => (
                  <Table
                    caption="Endpoints"
                    columns={COLUMNS}
                    rows={rows}
                    keyOf={(row) => row.endpoint_id}
                  />
                )}
              </Rows>
              <Pager next={page.next_cursor} cursor={cursor} />
            </>
          )}
        </Show>
      </Section>
      <Recent />
      {isAdding && (
        <AddEndpoint
          onDone={(made) => {
            setAdding(false)
            setSecret(made.secret)
            found.reload()
          }}
          onClose={() => {
            // One that has failed may have been made all the same.
            setAdding(false)
            found.reload()
          }}
        />
      )}
      {secret !== null && (
        <Secret
          title="The secret of its signatures"
          secret={secret}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  )
}
