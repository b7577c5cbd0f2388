import { hash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { sql } from 'drizzle-orm'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/index.ts'
import { sampled } from '../database/sampled.ts'
import { CustomerId, Timestamp, ref } from '../http/schemas.ts'

const FINDINGS_MAX = 1_000

const Finding = Type.Object(
  {
    finding_id: Type.String({ examples: ['find_3f9c0a1b2c4d5e6f'] }),
    kind: Type.Literal('duplicate_subscription'),
    customer_id: CustomerId,
    stripe_subscription_ids: Type.Array(
      Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
    ),
    found_at: { ...Timestamp, description: 'Since when there has been more than one.' },
  },
  { $id: 'SubscriptionFinding' },
)

const Findings = Type.Object({ data: Type.Array(ref(Finding)) }, { $id: 'SubscriptionFindings' })

export const findingSchemas = [Finding, Findings]

/** Customers who pay for one plan through several subscriptions. */
const DUPLICATES = sql`
  select customer_id as "customerId", plan_id as plan,
    json_agg(subscription_id order by created_at, subscription_id) as ids,
    (array_agg(created_at order by created_at, subscription_id))[2] as since
  from subscription_plans where gives_access
  group by customer_id, plan_id having count(*) > 1`

/**
 * Admin: `/api/subscriptions/findings`. They are derived, so a finding disappears once it is
 * resolved.
 */
export const subscriptionFindingRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/findings',
    {
      schema: {
        operationId: 'listSubscriptionFindings',
        summary: 'List customers who pay twice for the same plan',
        response: { 200: ref(Findings) },
      },
      config: { permission: 'subscriptions:read' },
    },
    async () => {
      const rows = await app.db.execute<{
        customerId: string
        plan: string
        ids: string[]
        since: string
      }>(sql`${DUPLICATES} order by since desc, customer_id, plan_id limit ${FINDINGS_MAX}`)
      const data = rows.map(({ customerId, plan, ids, since }) => ({
        finding_id: `find_${hash('sha256', [customerId, plan, ...ids].join(' '), 'hex').slice(0, 16)}`,
        kind: 'duplicate_subscription' as const,
        customer_id: customerId,
        stripe_subscription_ids: ids,
        found_at: new Date(since).toISOString(),
      }))
      return { data }
    },
  )
}

/** A gauge of the customers who pay twice for a plan, the same in every process. */
export function subscriptionGauges(registry: Registry, db: Database): void {
  const sample = sampled(async () => {
    const [row] = await db.execute<{ count: number }>(
      sql`select count(*)::int as count from (${DUPLICATES}) duplicates`,
    )
    return row?.count ?? 0
  })
  const gauge: Gauge = new Gauge({
    name: 'strongroom_subscriptions_duplicate',
    help: 'Customers who have more than one subscription to the same plan.',
    registers: [registry],
    collect: async () => {
      const count = await sample()
      if (count === null) gauge.remove()
      else gauge.set(count)
    },
  })
}
