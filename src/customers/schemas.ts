import { type Static, Type } from '@sinclair/typebox'
import { ApiKeySecret } from './api-keys/schemas.ts'
import { IdempotencyKey } from '../funds/schemas.ts'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { PlanId } from '../plans/schemas.ts'
import { STATUSES, type Status } from '../stripe/statuses.ts'
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
import { spelled } from '../http/patterns.ts'

/** The source of the rule: https://www.rfc-editor.org/rfc/rfc6531#section-3.3 */
const Email = Type.String({
  format: 'idn-email',
  maxLength: 254,
  description: 'It may be internationalised (RFC 6531); 254 bytes in UTF-8 at most.',
  examples: ['billing@example.com'],
})
const CompanyName = line(200, { examples: ['Example Ltd'] })

const ExternalId = line(200, {
  description: 'Your own id of the customer; unique among customers.',
  examples: ['company-17'],
})
const StripeCustomerIdText = Type.String({ examples: ['cus_9s6XKzkNRiz8i3'] })

/** The source of the rule: https://docs.stripe.com/api/customers/object#customer_object-id */
const StripeCustomerId = Type.String({
  pattern: spelled('^cus_[A-Za-z0-9]{1,250}$', 'the id of a customer at Stripe: cus_…'),
  examples: ['cus_9s6XKzkNRiz8i3'],
})

export const Customer = Type.Object(
  {
    customer_id: CustomerId,
    email: Type.String({ examples: ['billing@example.com'] }),
    company_name: nullable(Type.String({ examples: ['Example Ltd'] })),
    plan: nullable(
      Type.String({
        description: 'The held plan with the highest rank.',
        examples: ['starter'],
      }),
    ),
    plans: Type.Array(Type.String({ examples: ['starter'] }), {
      description:
        'All plans held now, by rank: through a subscription, set by an operator, or the default.',
    }),
    base_plan: nullable(
      Type.String({
        description: 'The plan that an operator has set. It counts again when subscriptions end.',
        examples: ['free'],
      }),
    ),
    subscription_status: nullable(Type.String({ examples: ['active'] })),
    status: CustomerStatus,
    stripe_customer_id: nullable(StripeCustomerIdText),
    stripe_customer_ids: Type.Array(StripeCustomerIdText),
    external_id: nullable(Type.String({ examples: ['company-17'] })),
    metadata: Metadata,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Customer' },
)

export type PresentedCustomer = Static<typeof Customer>

export const CreatedCustomer = Type.Object(
  {
    customer: ref(Customer),
    api_key: nullable({
      ...ApiKeySecret,
      description: `${ApiKeySecret.description} Null if the call is a repetition.`,
    }),
  },
  { $id: 'CreatedCustomer' },
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
    external_id: Type.Optional(ExternalId),
    metadata: Type.Optional(Metadata),
  },
  { examples: [{ email: 'billing@example.com', company_name: 'Example Ltd' }] },
)

export const UpdateCustomerBody = strictObject(
  {
    email: Type.Optional(Email),
    company_name: Type.Optional(nullable(CompanyName)),
    plan: Type.Optional(nullable(PlanId)),
    external_id: Type.Optional(nullable(ExternalId)),
    stripe_customer_id: Type.Optional(StripeCustomerId),
    status: Type.Optional(CustomerStatus),
    metadata: Type.Optional(Metadata),
  },
  {
    minProperties: 1,
    description:
      'Other fields stay unchanged; `metadata` is replaced as a whole. `plan` is the base plan. ' +
      '`stripe_customer_id` is linked in addition to the linked ones.',
    examples: [{ status: 'suspended' }],
  },
)

export const ListCustomersQuery = strictObject({
  email: Type.Optional(
    line(254, {
      description: 'The exact address. Upper and lower case do not matter.',
      examples: ['billing@example.com'],
    }),
  ),
  external_id: Type.Optional(line(200, { examples: ['company-17'] })),
  key_id: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z]{8}$',
      description: 'Whose API key this is, revoked or not.',
      examples: ['4fGh7KqL'],
    }),
  ),
  stripe_id: Type.Optional(
    Type.String({
      pattern: spelled('^(cus|sub)_[0-9A-Za-z_]{1,100}$', 'an id of Stripe: cus_… or sub_…'),
      description: 'Whose Stripe customer or subscription this is.',
      examples: ['cus_4fGh7KqL9mNp2R'],
    }),
  ),
  plan: Type.Optional(PlanId),
  subscription_status: Type.Optional(
    Type.Unsafe<Status>({
      title: 'SubscriptionStatus',
      type: 'string',
      enum: STATUSES,
      examples: ['active'],
    }),
  ),
  status: Type.Optional(CustomerStatus),
  ...PageQuery,
})
