import type { Schemas } from '../shared/api.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { MovementTable } from '../shared/movement-table.tsx'
import { kindName } from '../shared/movements.ts'
import { Link, go, hrefOf, hrefWith } from '../shared/router.tsx'
import { Pager, Rows } from '../shared/table.tsx'
import { Filters, asked, given } from './filters.tsx'
import { OperatorReceipt } from './receipt.tsx'
import { api } from './session.ts'

type Kind = Schemas['TransferKind']

const KINDS: readonly Kind[] = [
  'deduct',
  'capture',
  'refund',
  'top_up',
  'stripe_top_up',
  'grant',
  'hold',
  'release',
  'adjustment',
  'expire',
  'void',
  'stripe_reversal',
]

/** Movements of all accounts: why was something charged, and where is a charge. */
export function TransfersPage() {
  const query = {
    user_id: asked('user'),
    reference: asked('reference'),
    reason: asked('reason'),
    idempotency_key: asked('idempotency_key'),
    kind: asked<Kind>('kind'),
    cursor: asked('cursor'),
  }
  const open = asked('movement') ?? null
  const found = useLoad(
    (signal) => api('findFundsTransfers', { limit: 50, ...given(query) }, { signal }),
    [query],
  )
  return (
    <>
      <h1>Charges</h1>
      <p class="lead">Every movement of money on all accounts, the newest first.</p>
      <Filters
        label="Filter movements"
        of={[
          { name: 'user', label: 'User' },
          { name: 'reference', label: 'Reference' },
          { name: 'reason', label: 'Reason, as a whole' },
          { name: 'idempotency_key', label: 'Idempotency key' },
          { name: 'kind', label: 'Kind', options: KINDS.map((kind) => [kind, kindName(kind)]) },
        ]}
      />
      <Show of={found} lines={10}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={query.cursor}
              empty={
                <Empty title="No movement matches the filters.">
                  A movement must match all of them, and each exactly.
                </Empty>
              }
            >
              {(rows) => (
                <MovementTable
                  caption="Movements of all accounts"
                  rows={rows}
                  open={open}
                  onOpen={(id) =>
                    go(hrefWith({ movement: id ?? undefined }), { isReplacing: true })
                  }
                  receipt={(id) => <OperatorReceipt transferId={id} />}
                  whose={{
                    name: 'User',
                    cell: (row) => (
                      <Link href={hrefOf(['accounts', row.user_id])}>{row.user_id}</Link>
                    ),
                  }}
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
