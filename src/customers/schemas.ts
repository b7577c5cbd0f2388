import { type Static, Type } from '@sinclair/typebox'
import { ApiKeySecret } from './api-keys/schemas.ts'
import { IdempotencyKey } from '../funds/schemas.ts'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { PlanId } from '../plans/schemas.ts'
import {
  CustomerId,
  CustomerStatus,
  Metadata,
  Timestamp,
  line,
  nullable,
  ref,
  strictObject,
} from '../http/schemas.ts'

const Email = Type.String({ format: 'email', maxLength: 254, examples: ['billing@example.com'] })
const CompanyName = line(200, { examples: ['Example Ltd'] })

export const Customer = Type.Object(
  {
    customer_id: CustomerId,
    email: Type.String({ examples: ['billing@example.com'] }),
    company_name: nullable(Type.String({ examples: ['Example Ltd'] })),
    plan: nullable(Type.String({ examples: ['starter'] })),
    status: CustomerStatus,
    stripe_customer_id: nullable(Type.String({ examples: ['cus_9s6XKzkNRiz8i3'] })),
    metadata: Metadata,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Customer' },
)

export type PresentedCustomer = Static<typeof Customer>

export const NewCustomer = Type.Object(
  {
    customer: ref(Customer),
    api_key: nullable({
      ...ApiKeySecret,
      description: `${ApiKeySecret.description} Null where the call is a repetition.`,
    }),
  },
  { $id: 'NewCustomer' },
)

export const CustomerPage = pageOf(ref(Customer), 'CustomerPage')

export const CustomerParams = Type.Object({ customer_id: CustomerId })

export const CreateCustomerHeaders = Type.Object({
  'idempotency-key': Type.Optional({
    ...IdempotencyKey,
    description: '1 to 255 visible ASCII characters; the same key makes one customer.',
  }),
})

export const CreateCustomerBody = strictObject(
  {
    email: Email,
    company_name: Type.Optional(CompanyName),
    plan: Type.Optional(PlanId),
    metadata: Type.Optional(Metadata),
  },
  { examples: [{ email: 'billing@example.com', company_name: 'Example Ltd' }] },
)

export const UpdateCustomerBody = strictObject(
  {
    email: Type.Optional(Email),
    company_name: Type.Optional(nullable(CompanyName)),
    plan: Type.Optional(nullable(PlanId)),
    status: Type.Optional(CustomerStatus),
    metadata: Type.Optional(Metadata),
  },
  {
    minProperties: 1,
    description: 'What is not named stays as it is; `metadata` is replaced as a whole.',
    examples: [{ status: 'suspended' }],
  },
)

export const ListCustomersQuery = strictObject({
  email: Type.Optional(line(254, { description: 'Exact, in any case.' })),
  status: Type.Optional(CustomerStatus),
  ...PageQuery,
})
