import { GrantTable } from '../shared/grant-table.tsx'
import { Show, useLoad } from '../shared/load.tsx'
import { Section } from '../shared/ui.tsx'
import { api } from './session.ts'

/** Granted credit that is left, and when it expires; nothing where there is none. */
export function Credits({ userId, asset }: { userId: string; asset: string }) {
  const found = useLoad(
    (signal) => api('listGrants', { user_id: userId, status: 'active', limit: 50 }, { signal }),
    [userId],
  )
  return (
    <Show of={found}>
      {({ data }) =>
        data.length > 0 && (
          <Section title="Credit, and when it expires">
            <GrantTable grants={data} asset={asset} />
          </Section>
        )
      }
    </Show>
  )
}
