import { useState } from 'preact/hooks'
import type { Schemas } from '../shared/api.ts'
import { Act } from '../shared/dialog.tsx'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../shared/table.tsx'
import { Badge, Time } from '../shared/ui.tsx'
import { asked, given } from './filters.tsx'
import { api } from './session.ts'

type Item = Schemas['ConsoleSessionItem']

export function Sessions() {
  const [ending, setEnding] = useState<Item | null>(null)
  const cursor = asked('sessions')
  const found = useLoad(
    (signal) => api('listConsoleSessions', { limit: 20, ...given({ cursor }) }, { signal }),
    [cursor],
  )
  const columns: Column<Item>[] = [
    {
      name: 'Session',
      cell: (row) => (
        <span class="states">
          <code>{row.session_id}</code>
          {row.is_current && <Badge tone="good">this one</Badge>}
        </span>
      ),
    },
    { name: 'Token', cell: (row) => <code>{row.token_id}</code> },
    { name: 'Signed in', cell: (row) => <Time at={row.created_at} /> },
    { name: 'Ends', isExtra: true, cell: (row) => <Time at={row.expires_at} /> },
    {
      name: 'Acts',
      cell: (row) =>
        !row.is_current && (
          <button type="button" class="small danger" onClick={() => setEnding(row)}>
            End
          </button>
        ),
    },
  ]
  // An act that has failed may have happened all the same.
  const done = () => {
    setEnding(null)
    found.reload()
  }
  return (
    <>
      <Show of={found}>
        {(page) => (
          <>
            <Rows page={page} cursor={cursor} empty={<Empty title="No browser is signed in." />}>
              {(rows) => (
                <Table
                  caption="Sessions"
                  columns={columns}
                  rows={rows}
                  keyOf={(row) => row.session_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} name="sessions" />
          </>
        )}
      </Show>
      {ending !== null && (
        <Act
          title="End this session"
          verb="End"
          isDangerous
          act={() => api('endConsoleSession', { session_id: ending.session_id })}
          onDone={done}
          onClose={done}
        >
          <p>That browser is signed out at once. Its token stays good, and can sign in again.</p>
        </Act>
      )}
    </>
  )
}
