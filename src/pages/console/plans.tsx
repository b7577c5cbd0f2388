import type { Schemas } from '../shared/api.ts'
import { number } from '../shared/format.ts'
import { Empty, Show, useLoad } from '../shared/load.tsx'
import { Link, hrefOf } from '../shared/router.tsx'
import { Pager, Rows } from '../shared/table.tsx'
import { Badge, Facts, Id, Json, Time } from '../shared/ui.tsx'
import { asked, given } from './filters.tsx'
import { api, may } from './session.ts'

type Plan = Schemas['Plan']

/** What can be held: limits, prices and licences. */
export function PlansPage() {
  const cursor = asked('cursor')
  const plans = useLoad(
    (signal) => api('listPlans', { limit: 50, ...given({ cursor }) }, { signal }),
    [cursor],
  )
  return (
    <>
      <h1>Plans</h1>
      <p class="lead">
        What customers hold. A plan changes with <code>PUT /api/plans/&lt;id&gt;</code>.
      </p>
      <Show of={plans} lines={8}>
        {(page) => (
          <>
            <Rows page={page} cursor={cursor} empty={<Empty title="There is no plan yet." />}>
              {(rows) => (
                <div class="cards">
                  {rows.map((plan) => (
                    <PlanCard plan={plan} key={plan.plan_id} />
                  ))}
                </div>
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} />
          </>
        )}
      </Show>
    </>
  )
}

function PlanCard({ plan }: { plan: Plan }) {
  const limits = Object.entries(plan.limits as Record<string, number>)
  const features = Object.entries(plan.features as Record<string, unknown>)
  return (
    <article class="card">
      <header>
        <h2>{plan.name}</h2>
        <code>{plan.plan_id}</code>
        <Badge>rank {plan.rank}</Badge>
      </header>
      <Facts
        of={[
          [
            'Limits a month',
            limits.length === 0
              ? 'None'
              : limits.map(([metric, limit]) => (
                  <div key={metric}>
                    {metric}: {number(limit)}
                  </div>
                )),
          ],
          [
            'Features',
            features.length === 0
              ? 'None'
              : features.map(([name, value]) => (
                  <div key={name}>
                    {value === true ? name : `${name}: ${JSON.stringify(value)}`}
                  </div>
                )),
          ],
          [
            'Stripe prices',
            plan.stripe_price_ids.length === 0
              ? 'Not sold'
              : plan.stripe_price_ids.map((id) => (
                  <div key={id}>
                    <Id of={id} />
                  </div>
                )),
          ],
          plan.former_stripe_price_ids.length > 0 && [
            'Former prices',
            plan.former_stripe_price_ids.map((id) => (
              <div key={id}>
                <Id of={id} />
              </div>
            )),
          ],
          ['Changed', <Time at={plan.updated_at} />],
        ]}
      />
      {plan.metered !== null && (
        <details>
          <summary>Paid usage</summary>
          <Json of={plan.metered} label={`Paid usage of ${plan.name}`} />
        </details>
      )}
      {may('customers:read') && (
        <p class="foot">
          <Link href={hrefOf(['customers'], { plan: plan.plan_id })}>Customers on {plan.name}</Link>
        </p>
      )}
    </article>
  )
}
