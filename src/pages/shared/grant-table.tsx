import type { Schemas } from './api.ts'
import { money, words } from './format.ts'
import { type Column, Table } from './table.tsx'
import { Badge, Time } from './ui.tsx'

type Grant = Schemas['Grant']

export function GrantTable({ grants, asset }: { grants: readonly Grant[]; asset: string }) {
  const columns: Column<Grant>[] = [
    { name: 'Credit', cell: ({ category }) => category ?? 'Credit' },
    { name: 'Left', isNumber: true, cell: ({ remaining }) => money(remaining, asset) },
    { name: 'Of', isNumber: true, cell: ({ amount }) => money(amount, asset) },
    {
      name: 'Expires',
      cell: ({ expires_at: at }) => (at === null ? 'Never' : <Time at={at} />),
    },
    {
      name: 'State',
      cell: ({ status }) => (
        <Badge tone={status === 'active' ? 'good' : 'plain'}>{words(status)}</Badge>
      ),
    },
  ]
  return <Table caption="Credit" columns={columns} rows={grants} keyOf={(row) => row.grant_id} />
}
