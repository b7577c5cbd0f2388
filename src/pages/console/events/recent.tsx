import type { Schemas } from '../../shared/api.ts'
import { number } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Time } from '../../shared/ui.tsx'
import { Filters, asked, given } from '../filters.tsx'
import { api } from '../session.ts'

type Event = Schemas['EventPage']['data'][number]

const COLUMNS: Column<Event>[] = [
  { name: 'No.', isNumber: true, cell: (row) => number(row.seq) },
  { name: 'When', cell: (row) => <Time at={row.timestamp} /> },
  { name: 'Type', cell: (row) => row.type },
  { name: 'Event', isExtra: true, cell: (row) => <code>{row.event_id}</code> },
  {
    name: 'Says',
    cell: (row) => (
      <details>
        <summary>Show</summary>
        <pre class="json">{JSON.stringify(row.data, null, 2)}</pre>
      </details>
    ),
  },
]

/** The events that can be pulled, oldest first. */
export function Recent() {
  const cursor = asked('events')
  const query = given({ type: asked('type'), subject: asked('subject'), cursor })
  const found = useLoad((signal) => api('listEvents', { limit: 25, ...query }, { signal }), [query])
  return (
    <Section title="All events" note="The last 30 days, oldest first.">
      <Filters
        label="Filter events"
        cursor="events"
        of={[
          { name: 'type', label: 'Type' },
          { name: 'subject', label: 'Subject' },
        ]}
      />
      <Show of={found} lines={6}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={cursor}
              empty={<Empty title="No event matches the filters." />}
            >
              {(rows) => (
                <Table
                  caption="Events"
                  columns={COLUMNS}
                  rows={rows}
                  keyOf={(row) => row.event_id}
                />
              )}
            </Rows>
            <Pager
              next={page.next_cursor}
              cursor={cursor}
              name="events"
              words={['Oldest', 'Newer']}
            />
          </>
        )}
      </Show>
    </Section>
  )
}
