import { GrantTable } from '../../shared/grant-table.tsx'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Pager } from '../../shared/table.tsx'
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
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 && next === null ? (
              <Empty title="No credit was granted." />
            ) : (
              <GrantTable grants={data} asset={asset} />
            )}
            <Pager next={next} cursor={cursor} name="grants" />
          </>
        )}
      </Show>
    </Section>
  )
}
