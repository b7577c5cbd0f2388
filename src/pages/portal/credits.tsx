import { useState } from 'preact/hooks'
import { GrantTable } from '../shared/grant-table.tsx'
import { Show, useLoad } from '../shared/load.tsx'
import { Section } from '../shared/ui.tsx'
import { Pages } from './pages.tsx'
import { api } from './session.ts'

/** Granted credit that is left, and when it expires; nothing where there is none. */
export function Credits({ userId, asset }: { userId: string; asset: string }) {
  const [cursor, setCursor] = useState<string | null>(null)
  const found = useLoad(
    (signal) =>
      api(
        'listGrants',
        { user_id: userId, status: 'active', limit: 20, ...(cursor !== null && { cursor }) },
        { signal },
      ),
    [userId, cursor],
  )
  return (
    <Show of={found}>
      {({ data, next_cursor: next }) =>
        // A page of active ones may be empty, and the next one not.
        (data.length > 0 || next !== null || cursor !== null) && (
          <Section title="Credit, and when it expires">
            {data.length > 0 && <GrantTable grants={data} asset={asset} />}
            <Pages
              of="credit"
              next={next}
              cursor={cursor}
              onTurn={setCursor}
              first="Newest"
              further="Older"
            />
          </Section>
        )
      }
    </Show>
  )
}
