import type { PresentedCustomer } from './schemas.ts'
import type { CustomerRow } from './tables.ts'

export function presentCustomer(row: CustomerRow): PresentedCustomer {
  return {
    customer_id: row.id,
    email: row.email,
    company_name: row.companyName,
    plan: row.plan,
    status: row.status,
    stripe_customer_id: row.stripeCustomerId,
    metadata: row.metadata,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}
