import { useState } from 'preact/hooks'
import { AmountField, amountIn } from '../shared/amount-field.tsx'
import type { Schemas } from '../shared/api.ts'
import { BudgetList } from '../shared/budget-list.tsx'
import { Act, Field, textOf } from '../shared/dialog.tsx'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Section } from '../shared/ui.tsx'
import { api } from './session.ts'

type Window = Schemas['Budget']['window']

const WINDOWS: readonly (readonly [Window, string])[] = [
  ['day', 'A day'],
  ['week', 'A week'],
  ['month', 'A month'],
]

interface Props {
  userId: string
  asset: string
  /** Whether the user may make budgets, and change those. */
  mayChange: boolean
}

export function Budgets({ userId, asset, mayChange }: Props) {
  const [doing, setDoing] = useState<'add' | Schemas['Budget'] | null>(null)
  // One for the form: sent twice, it adds one budget.
  const [newId, setNewId] = useState('')
  const found = useLoad(
    (signal) => api('listBudgets', { user_id: userId, limit: 200 }, { signal }),
    [userId],
  )
  const add = () => {
    setNewId(`portal-${crypto.randomUUID().slice(0, 8)}`)
    setDoing('add')
  }
  // An act that has failed may have happened all the same.
  const done = () => {
    setDoing(null)
    found.reload()
  }
  return (
    <Section
      title="Budgets"
      actions={
        mayChange && (
          <button type="button" onClick={add}>
            Add a budget
          </button>
        )
      }
    >
      <Show of={found}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="No budget limits what can be charged." />
          ) : (
            <BudgetList
              budgets={data}
              asset={asset}
              actions={(budget) =>
                mayChange &&
                budget.made_in_portal && (
                  <button
                    type="button"
                    class="small danger"
                    aria-label={`Delete ${budget.budget_id}`}
                    onClick={() => setDoing(budget)}
                  >
                    Delete
                  </button>
                )
              }
            />
          )
        }
      </Show>
      {doing === 'add' && (
        <Act
          title="Add a budget"
          verb="Add"
          act={(form) =>
            api('putBudget', {
              user_id: userId,
              budget_id: newId,
              amount: amountIn(form, 'amount', asset),
              window: textOf(form, 'window') as Window,
              time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
            })
          }
          onDone={done}
          onClose={done}
        >
          <p>A charge that would pass it is refused, until the time is over.</p>
          <AmountField label="At most" name="amount" asset={asset} />
          <Field label="In" name="window" options={WINDOWS} value="month" />
        </Act>
      )}
      {doing !== null && doing !== 'add' && (
        <Act
          title="Delete this budget"
          verb="Delete"
          isDangerous
          act={() => api('deleteBudget', { user_id: userId, budget_id: doing.budget_id })}
          onDone={done}
          onClose={done}
        >
          <p>It no longer limits what can be charged.</p>
        </Act>
      )}
    </Section>
  )
}
