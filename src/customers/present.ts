import type { PresentedCustomer } from './schemas.ts'
import type { CustomerRow } from './tables.ts'
import type { Standing } from './standing.ts'

/** @param standing what is derived from the customer's plans and subscriptions */
export function presentCustomer(row: CustomerRow, standing: Standing): PresentedCustomer {
  return {
    customer_id: row.id,
    email: row.email,
    company_name: row.companyName,
    plan: standing.plans[0] ?? null,
    plans: standing.plans,
    base_plan: standing.basePlan,
    subscription_status: standing.subscriptionStatus,
    status: row.status,
    stripe_customer_id: standing.stripeCustomerIds[0] ?? null,
    stripe_customer_ids: standing.stripeCustomerIds,
    external_id: row.externalId,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
