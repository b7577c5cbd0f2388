import { useState } from 'preact/hooks'
import { internalOperations } from '../../client/generated/operations.ts'
import { BASE } from '../shared/base.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { MovementTable, useOpenRow } from '../shared/movement-table.tsx'
import { ReceiptView } from '../shared/receipt-view.tsx'
import { Rows } from '../shared/table.tsx'
import { Section } from '../shared/ui.tsx'
import { Pages } from './pages.tsx'
import { api } from './session.ts'

const source = {
  receipt: (transferId: string, signal: AbortSignal) =>
    api('getReceipt', { transfer_id: transferId }, { signal }),
  keys: (signal: AbortSignal) => api('getKeys', {}, { signal }),
  path: (transferId: string) =>
    internalOperations.getReceipt.path.replace('{transfer_id}', encodeURIComponent(transferId)),
}

export function Movements({ userId }: { userId: string }) {
  const [cursor, setCursor] = useState<string | null>(null)
  const row = useOpenRow()
  const found = useLoad(
    (signal) =>
      api(
        'listTransfers',
        { user_id: userId, limit: 20, ...(cursor !== null && { cursor }) },
        { signal },
      ),
    [userId, cursor],
  )
  return (
    <Section
      title="Movements"
      note="Each has a receipt, which your browser verifies."
      actions={
        <a
          class="button small"
          href={`${BASE}/account/${encodeURIComponent(userId)}/statement?format=csv`}
          download
        >
          Statement as CSV
        </a>
      }
    >
      <Show of={found} lines={6}>
        {(page) => (
          <>
            <Rows
              page={page}
              cursor={cursor ?? undefined}
              empty={<Empty title="Nothing has moved yet." />}
            >
              {(rows) => (
                <MovementTable
                  caption="Movements, newest first"
                  rows={rows}
                  {...row}
                  receipt={(id) => <ReceiptView transferId={id} source={source} />}
                />
              )}
            </Rows>
            <Pages
              of="movements"
              next={page.next_cursor}
              cursor={cursor}
              onTurn={setCursor}
              first="Newest"
              further="Older"
            />
          </>
        )}
      </Show>
    </Section>
  )
}
