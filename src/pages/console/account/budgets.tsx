import { BudgetList } from '../../shared/budget-list.tsx'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Section } from '../../shared/ui.tsx'
import { api } from '../session.ts'

export function Budgets({ userId, asset }: { userId: string; asset: string }) {
  const budgets = useLoad(
    (signal) => api('listFundsBudgets', { user_id: userId, limit: 200 }, { signal }),
    [userId],
  )
  return (
    <Section title="Budgets">
      <Show of={budgets}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No budget limits this account." />
          ) : (
            <BudgetList budgets={data} asset={asset} />
          )
        }
      </Show>
    </Section>
  )
}
