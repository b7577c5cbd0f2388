import type { ComponentChildren } from 'preact'
import type { Schemas } from './api.ts'
import { money, percent } from './format.ts'
import { Badge, Bar, Time } from './ui.tsx'

type Budget = Schemas['Budget']

const WINDOWS: Readonly<Record<Budget['window'], string>> = {
  hour: 'an hour',
  day: 'a day',
  week: 'a week',
  month: 'a month',
  total: 'in total',
}

/** Budgets as bars: what is used, of how much, until when. */
export function BudgetList({
  budgets,
  asset,
  actions,
}: {
  budgets: readonly Budget[]
  asset: string
  actions?: (budget: Budget) => ComponentChildren
}) {
  return (
    <ul class="bars">
      {budgets.map((budget) => (
        <li key={budget.budget_id}>
          <div class="line">
            <strong>{budget.budget_id}</strong>
            <span>
              {money(budget.used, asset)} of {money(budget.amount, asset)} {WINDOWS[budget.window]}
            </span>
          </div>
          <Bar
            share={budget.used / budget.amount}
            label={`${percent(budget.used / budget.amount)} of ${budget.budget_id} used`}
          />
          <div class="line faint">
            <span>
              {budget.mode === 'soft' ? (
                <Badge>tells only</Badge>
              ) : (
                <Badge tone="plain">refuses</Badge>
              )}{' '}
              {[
                budget.match.reference_prefix !== null &&
                  `references from ${budget.match.reference_prefix}`,
                budget.match.reason !== null && `reason ${budget.match.reason}`,
              ]
                .filter(Boolean)
                .join(', ')}
            </span>
            <span>
              {budget.resets_at !== null && (
                <>
                  resets <Time at={budget.resets_at} isDistance />
                </>
              )}
              {actions?.(budget)}
            </span>
          </div>
        </li>
      ))}
    </ul>
  )
}
