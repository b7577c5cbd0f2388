import type { Schemas } from '../../shared/api.ts'
import { useTry } from '../../shared/dialog.tsx'
import { number } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Status, Time } from '../../shared/ui.tsx'
import { Filters, asked, given } from '../filters.tsx'
import { api, may } from '../session.ts'

type Delivery = Schemas['WebhookDelivery']

const STATUSES = ['pending', 'delivered', 'failed', 'parked'] as const

interface Props {
  endpointId: string
  /** Changes when the deliveries must be read again. */
  turn: number
  onDone: () => void
}

/** The deliveries to an endpoint, with their attempts and answers. */
export function Deliveries({ endpointId, turn, onDone }: Props) {
  const query = given({ status: asked<Delivery['status']>('status'), cursor: asked('cursor') })
  const found = useLoad(
    (signal) =>
      api('listWebhookDeliveries', { endpoint_id: endpointId, limit: 50, ...query }, { signal }),
    [endpointId, query, turn],
  )
  const { run, isBusy, failure } = useTry()
  const replay = (deliveryId: string) => {
    const delivery = { endpoint_id: endpointId, delivery_id: deliveryId }
    run(() => api('replayWebhookDeliveries', delivery), onDone)
  }
  const columns: Column<Delivery>[] = [
    { name: 'No.', isNumber: true, cell: (row) => number(row.seq) },
    { name: 'Type', cell: (row) => row.type ?? '—' },
    { name: 'State', cell: (row) => <Status is={row.status} /> },
    { name: 'Attempts', cell: (row) => <Attempts of={row.attempts} /> },
    {
      name: 'Next',
      cell: ({ next_attempt_at: at }) =>
        at === null ? <span class="faint">None</span> : <Time at={at} isDistance />,
    },
    { name: 'Made', isExtra: true, cell: (row) => <Time at={row.created_at} /> },
    {
      name: 'Acts',
      cell: (row) =>
        may('events:write') && (
          <button
            type="button"
            class="small"
            aria-label={`Replay number ${row.seq}`}
            disabled={isBusy}
            onClick={() => replay(row.delivery_id)}
          >
            Replay
          </button>
        ),
    },
  ]
  return (
    <Section title="Deliveries">
      <Filters
        label="Filter deliveries"
        of={[{ name: 'status', label: 'State', options: STATUSES.map((one) => [one, one]) }]}
      />
      {failure}
      <Show of={found} lines={6}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={query.cursor}
              empty={<Empty title="Nothing was delivered here." />}
            >
              {(rows) => (
                <Table
                  caption="Deliveries"
                  columns={columns}
                  rows={rows}
                  keyOf={(row) => row.delivery_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={query.cursor} />
          </>
        )}
      </Show>
    </Section>
  )
}

function Attempts({ of }: { of: Delivery['attempts'] }) {
  const last = of.at(-1)
  if (last === undefined) return <span class="faint">None yet</span>
  return (
    <span>
      {of.length}, {last.error ?? `HTTP ${last.status ?? '—'}`} in {number(last.duration_ms)} ms
    </span>
  )
}
