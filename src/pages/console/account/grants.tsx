import { GrantTable } from '../../shared/grant-table.tsx'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Section } from '../../shared/ui.tsx'
import { api } from '../session.ts'

export function Grants({ userId, asset }: { userId: string; asset: string }) {
  const grants = useLoad(
    (signal) => api('listFundsGrants', { user_id: userId, limit: 10 }, { signal }),
    [userId],
  )
  return (
    <Section title="Credit granted">
      <Show of={grants}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No credit was granted." />
          ) : (
            <GrantTable grants={data} asset={asset} />
          )
        }
      </Show>
    </Section>
  )
}
