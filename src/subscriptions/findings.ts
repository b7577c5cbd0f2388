import { hash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { sql } from 'drizzle-orm'
import type { Database } from '../database/index.ts'
import { CustomerId, Timestamp, ref } from '../http/schemas.ts'
import { type BillingFinding, billingFindings } from '../usage/findings.ts'

const FINDINGS_MAX = 1_000

type FindingKind = 'duplicate_subscription' | BillingFinding['kind']

const Finding = Type.Object(
  {
    finding_id: Type.String({ examples: ['find_3f9c0a1b2c4d5e6f'] }),
    kind: Type.Unsafe<FindingKind>({
      title: 'SubscriptionFindingKind',
      type: 'string',
      enum: ['duplicate_subscription', 'late_usage', 'usage_not_correctable', 'unbilled_usage'],
    }),
    customer_id: CustomerId,
    stripe_subscription_ids: Type.Array(
      Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
    ),
    found_at: {
      ...Timestamp,
      description: 'Of a duplicate: since when there has been more than one.',
    },
    usage: Type.Optional(
      Type.Object(
        {
          event_name: Type.String({ description: 'Of Stripe’s meter.', examples: ['api_calls'] }),
          value: Type.String({ description: 'An exact decimal.', examples: ['1000'] }),
          used_at: { ...Timestamp, description: 'The earliest of it.' },
        },
        { title: 'FindingUsage', description: 'What it is about, where that is use.' },
      ),
    ),
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

/** Admin: `/api/subscriptions/findings`. Duplicates are derived, so one is gone when it is seen to. */
export const subscriptionFindingRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/findings',
    {
      schema: {
        operationId: 'listSubscriptionFindings',
        summary: 'List what is billed otherwise than it should be, newest first',
        description:
          '`duplicate_subscription`: the customer pays twice for the same plan. `late_usage`: it was told ' +
          'after the invoice of its period was final, and is billed in the next; or not at all, if the ' +
          'subscription has ended. `usage_not_correctable`: it was corrected when Stripe could cancel it no ' +
          'more. `unbilled_usage`: for 34 days the customer had no Stripe customer, so nobody is ' +
          'billed. The newest 1,000 of each; those of use for as long as reports are kept.',
        response: { 200: ref(Findings) },
      },
      config: { permission: 'subscriptions:read' },
    },
    async () => {
      const [duplicates, ofUsage] = await Promise.all([
        duplicateSubscriptions(app.db),
        billingFindings(app.db, FINDINGS_MAX),
      ])
      const used = ofUsage.map((found) => ({
        finding_id: findingId(found.kind, found.seq),
        kind: found.kind,
        customer_id: found.customerId,
        stripe_subscription_ids: found.subscriptionId === null ? [] : [found.subscriptionId],
        found_at: found.foundAt.toISOString(),
        usage: {
          event_name: found.eventName,
          value: found.value,
          used_at: found.usedAt.toISOString(),
        },
      }))
      const data = [...duplicates, ...used].toSorted((a, b) => (a.found_at < b.found_at ? 1 : -1))
      return { data }
    },
  )
}

/** How many customers have more than one subscription to the same plan. */
export async function countDuplicates(db: Database): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from (${DUPLICATES}) duplicates`,
  )
  return row?.count ?? 0
}

async function duplicateSubscriptions(db: Database) {
  const rows = await db.execute<{
    customerId: string
    plan: string
    ids: string[]
    since: string
  }>(sql`${DUPLICATES} order by since desc, customer_id, plan_id limit ${FINDINGS_MAX}`)
  return rows.map(({ customerId, plan, ids, since }) => ({
    finding_id: findingId(customerId, plan, ...ids),
    kind: 'duplicate_subscription' as const,
    customer_id: customerId,
    stripe_subscription_ids: ids,
    found_at: new Date(since).toISOString(),
  }))
}

function findingId(...parts: readonly (string | bigint)[]): string {
  return `find_${hash('sha256', parts.join(' '), 'hex').slice(0, 16)}`
}
