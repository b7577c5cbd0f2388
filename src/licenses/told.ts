import { Type } from '@sinclair/typebox'
import type { EventType, EventsOfRecord, Told } from '../events/types.ts'
import { CustomerId, Timestamp, nullable } from '../http/schemas.ts'

const CUSTOMER = 'cust_4fGh7KqL9mNp2RsT'
const LICENSE = 'lic_8sKq2VbXw0RtYz1A'
const LicenseId = Type.String({ examples: [LICENSE] })
const StripeId = nullable(Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }))

const types = {
  'license.issued': {
    summary: 'A licence was issued.',
    data: Type.Object({
      customer_id: CustomerId,
      license_id: LicenseId,
      plan: nullable(Type.String({ examples: ['starter'] })),
      quantity: Type.Integer({ examples: [5] }),
      stripe_subscription_id: StripeId,
      expires_at: Timestamp,
      replaces: nullable(LicenseId),
    }),
    example: {
      customer_id: CUSTOMER,
      license_id: LICENSE,
      plan: 'starter',
      quantity: 5,
      stripe_subscription_id: null,
      expires_at: '2027-01-01T00:00:00.000Z',
      replaces: null,
    },
  },
  'license.revoked': {
    summary: 'A licence was added to the revocation list.',
    data: Type.Object({
      customer_id: CustomerId,
      license_id: LicenseId,
      stripe_subscription_id: StripeId,
      status: Type.String({ examples: ['revoked'] }),
    }),
    example: {
      customer_id: CUSTOMER,
      license_id: LICENSE,
      stripe_subscription_id: null,
      status: 'revoked',
    },
  },
} as const satisfies Record<string, EventType>

const issued: EventsOfRecord = ({ subject, metadata }) => {
  const { license_id, plan, quantity, subscription, expires_at, replaces } = metadata
  const stripe_subscription_id = subscription ?? null
  const data = { license_id, plan, quantity, stripe_subscription_id, expires_at, replaces }
  return [{ type: 'license.issued', data: { customer_id: subject, ...data } }]
}

const revoked: EventsOfRecord = ({ subject, metadata }) => {
  const { license_id, subscription, status } = metadata
  const stripe_subscription_id = subscription ?? null
  const data = { customer_id: subject, license_id, stripe_subscription_id, status }
  return [{ type: 'license.revoked', data }]
}

export const toldOfLicenses: Told = {
  types,
  records: { 'license.issued': issued, 'license.revoked': revoked },
}
