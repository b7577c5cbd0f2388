import { useState } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { number } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Json, Section, Time } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
import { api } from '../session.ts'
import { VerifyRange } from './verify.tsx'

export interface Filter {
  event?: string
  actor?: string
  subject?: string
  from?: string
  to?: string
}

type Row = Schemas['AuditRecord']

export function AuditOf({ subject }: { subject: string }) {
  return (
    <Section title="Audit">
      <Records filter={{ subject }} />
    </Section>
  )
}

/** Records, and a proof of those in sight on request. */
export function Records({ filter }: { filter: Filter }) {
  const cursor = asked('cursor')
  const [open, setOpen] = useState<number | null>(null)
  const query = { ...filter, ...given({ cursor }) }
  const found = useLoad((signal) => api('listAudit', { limit: 50, ...query }, { signal }), [query])
  const columns: Column<Row>[] = [
    { name: 'No.', isNumber: true, isExtra: true, cell: (row) => number(row.seq) },
    { name: 'When', cell: (row) => <Time at={row.timestamp} /> },
    { name: 'Event', cell: (row) => row.event },
    { name: 'Actor', cell: (row) => <Actor of={row.actor} /> },
    { name: 'Subject', cell: (row) => <Subject of={row.subject} /> },
    {
      name: 'Details',
      cell: (row) => (
        <button
          type="button"
          class="small"
          aria-expanded={row.seq === open}
          aria-label={`${row.seq === open ? 'Close' : 'Open'} record ${row.seq}`}
          onClick={() => setOpen(row.seq === open ? null : row.seq)}
        >
          {row.seq === open ? 'Close' : 'Open'}
        </button>
      ),
    },
  ]
  return (
    <Show of={found} lines={10}>
      {(page) => (
        <>
          <Rows
            page={page}
            cursor={cursor}
            empty={
              <Empty title="No record is like this.">
                Records of accounts have the subject <code>acct_…</code>, which the search finds.
              </Empty>
            }
          >
            {(rows) => (
              <Table
                caption="Audit records"
                columns={columns}
                rows={rows}
                keyOf={(row) => String(row.seq)}
                below={(row) => row.seq === open && <Json of={row} label={`Record ${row.seq}`} />}
              />
            )}
          </Rows>
          <div class="under">
            {page.data.length > 0 && (
              <VerifyRange
                key={page.data.map(({ seq }) => seq).join()}
                query={query}
                records={page.data}
              />
            )}
            <Pager next={page.next_cursor} cursor={cursor} />
          </div>
        </>
      )}
    </Show>
  )
}

function Actor({ of }: { of: string }) {
  return <code>{of}</code>
}

/** With a way to what it is, where there is a page. */
function Subject({ of }: { of: string }) {
  if (of.startsWith('cust_')) {
    return (
      <Link href={hrefOf(['customers', of])}>
        <code>{of}</code>
      </Link>
    )
  }
  if (of.startsWith('acct_')) {
    return (
      <Link href={hrefOf(['find'], { q: of })}>
        <code>{of}</code>
      </Link>
    )
  }
  return <code>{of}</code>
}
