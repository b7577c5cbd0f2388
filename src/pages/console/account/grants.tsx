import { GrantTable } from '../../shared/grant-table.tsx'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Pager, Rows } from '../../shared/table.tsx'
import { Section } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
import { api } from '../session.ts'

export function Grants({ userId, asset }: { userId: string; asset: string }) {
  const cursor = asked('grants')
  const grants = useLoad(
    (signal) =>
      api('listFundsGrants', { user_id: userId, limit: 10, ...given({ cursor }) }, { signal }),
    [userId, cursor],
  )
  return (
    <Section title="Credit granted">
      <Show of={grants}>
        {(page) => (
          <>
            <Rows page={page} cursor={cursor} empty={<Empty title="No credit was granted." />}>
              {(rows) => <GrantTable grants={rows} asset={asset} />}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} name="grants" />
          </>
        )}
      </Show>
    </Section>
  )
}
