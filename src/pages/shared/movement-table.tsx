import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { money, words } from './format.ts'
import { type Transfer, effectOf, kindName } from './movements.ts'
import { type Column, Table } from './table.tsx'
import { Facts, Id, Json, Time } from './ui.tsx'

interface Props {
  caption: string
  rows: readonly Transfer[]
  /** The movement that stands open; it is in the address where pages have one. */
  open: string | null
  onOpen: (transferId: string | null) => void
  /** What follows the details of an open one. */
  receipt: (transferId: string) => ComponentChildren
  /** A column about whose each is, where they are of more than one. */
  whose?: Column<Transfer>
}

/** Movements with the reason of each, and on request everything that is known of it. */
export function MovementTable({ caption, rows, open, onOpen, receipt, whose }: Props) {
  const columns: Column<Transfer>[] = [
    { name: 'When', cell: (row) => <Time at={row.created_at} /> },
    ...(whose === undefined ? [] : [whose]),
    { name: 'What', cell: (row) => kindName(row.kind) },
    {
      name: 'Reason',
      cell: ({ reason, reference }) => (
        <span class="reason">
          {reason ?? (reference === null && <span class="faint">—</span>)}
          {reference !== null && <code>{reference}</code>}
        </span>
      ),
    },
    {
      name: 'Amount',
      isNumber: true,
      cell: (row) => <Amount of={row} />,
    },
    {
      name: 'Balance',
      isNumber: true,
      cell: (row) => money(row.balance_after, row.asset),
    },
    {
      name: 'Receipt',
      cell: (row) => {
        const isOpen = row.transfer_id === open
        return (
          <button
            type="button"
            class="small"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? 'Close' : 'Verify'} the receipt of ${row.transfer_id}`}
            onClick={() => onOpen(isOpen ? null : row.transfer_id)}
          >
            {isOpen ? 'Close' : 'Verify'}
          </button>
        )
      },
    },
  ]
  return (
    <Table
      caption={caption}
      columns={columns}
      rows={rows}
      keyOf={(row) => row.transfer_id}
      below={(row) =>
        row.transfer_id === open && <Details of={row}>{receipt(row.transfer_id)}</Details>
      }
    />
  )
}

function Amount({ of }: { of: Transfer }) {
  const effect = effectOf(of)
  if (effect === 0) return <span class="faint">{money(of.amount, of.asset)}</span>
  return (
    <span class={effect > 0 ? 'plus' : undefined}>
      {money(effect, of.asset, { isSigned: true })}
    </span>
  )
}

function Details({ of, children }: { of: Transfer; children: ComponentChildren }) {
  return (
    <div class="details">
      <div>
        <Facts
          of={[
            ['Movement', <Id of={of.transfer_id} />],
            ['Time', <Time at={of.created_at} isPrecise />],
            ['From', words(of.debit_account)],
            ['To', words(of.credit_account)],
            of.target_id !== null && ['Belongs to', <Id of={of.target_id} />],
            of.idempotency_key !== null && ['Idempotency key', <Id of={of.idempotency_key} />],
            of.grants.length > 0 && [
              'From grants',
              of.grants.map(({ grant_id: id, amount }) => (
                <span key={id}>
                  {money(amount, of.asset)} <Id of={id} />{' '}
                </span>
              )),
            ],
          ]}
        />
        {of.metadata !== null && <Json of={of.metadata} label="Metadata" />}
      </div>
      {children}
    </div>
  )
}

/** Which row stands open, on pages without an address of their own. */
export function useOpenRow() {
  const [open, onOpen] = useState<string | null>(null)
  return { open, onOpen }
}
