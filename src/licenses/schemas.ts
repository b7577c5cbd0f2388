import { Type } from '@sinclair/typebox'
import { Exact } from '../usage/schemas.ts'
import { Features, Limits, MetricName, PlanId } from '../plans/schemas.ts'
import { PageQuery, pageOf } from '../http/pagination.ts'
import {
  CustomerId,
  Timestamp,
  TimestampInput,
  line,
  nullable,
  ref,
  strictObject,
} from '../http/schemas.ts'
import { LICENSE_STATUSES } from './tables.ts'
import { spelled } from '../http/patterns.ts'

const LicenseId = Type.String({
  pattern: spelled('^lic_[0-9A-Za-z]{16}$', 'the id of a licence: lic_ and 16 letters or digits'),
  description: '`lic_` and 16 base62 characters; the `jti` of the token.',
  examples: ['lic_8sKq2VbXw0RtYz1A'],
})

const fields = {
  license_id: LicenseId,
  plan: nullable(Type.String({ examples: ['starter'] })),
  features: Features,
  limits: Limits,
  quantity: Type.Integer({
    minimum: 0,
    description: 'The paid quantity of the plan, such as seats; 1 for a licence issued by hand.',
    examples: [5],
  }),
  status: Type.Unsafe<(typeof LICENSE_STATUSES)[number]>({
    title: 'LicenseStatus',
    type: 'string',
    enum: LICENSE_STATUSES,
    description:
      '`superseded`: a newer one of its subscription grants the same, and this one verifies until it ' +
      'expires. `ended`: its subscription ended or changed its terms. `revoked`: by an operator.',
    examples: ['active'],
  }),
  issued_at: Timestamp,
  expires_at: Timestamp,
  key_id: Type.String({
    description: 'The `kid` of the key that signed the token.',
    examples: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  }),
  token: Type.String({
    description: 'The licence itself: a JWT, signed RS256.',
    examples: ['eyJhbGciOiJSUzI1NiIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoi…'],
  }),
}

export const License = Type.Object(fields, { $id: 'License' })

export const Licenses = pageOf(ref(License), 'Licenses')

/** The licence as operators see it. */
export const IssuedLicense = Type.Object(
  {
    license: Type.Object(
      {
        ...fields,
        customer_id: CustomerId,
        stripe_subscription_id: nullable(
          Type.String({ examples: ['sub_1MowQVLkdIwHu7ixeRlqHVzs'] }),
        ),
        revoked_at: nullable(Timestamp),
        reason: nullable(Type.String({ examples: ['chargeback'] })),
      },
      { title: 'LicenseRecord' },
    ),
  },
  { $id: 'IssuedLicense' },
)

export const Entitlement = Type.Object(
  {
    feature: Type.String({ examples: ['api.calls'] }),
    entitled: Type.Boolean({
      description: 'Whether a licence grants the feature, whether or not its limit is used up.',
    }),
    limit: nullable(
      Type.Number({
        description: 'The maximum in a calendar month (UTC); null for no limit.',
        examples: [100_000],
      }),
    ),
    used: Type.Number({
      description: 'The usage reported in this calendar month (UTC).',
      examples: [1200],
    }),
    used_exact: Exact,
  },
  { $id: 'Entitlement' },
)

export const RevocationList = Type.Object(
  {
    token: Type.String({
      description:
        'A JWT, `typ: license-revocations+jwt`, with `iss`, `iat`, `exp` (fetch a newer one until ' +
        'then) and `jtis`: the ids of revoked licences that have not expired.',
      examples: ['eyJhbGciOiJSUzI1NiIsInR5cCI6ImxpY2Vuc2Urand0Iiwia2lkIjoi…'],
    }),
  },
  { $id: 'RevocationList' },
)

export const LicenseParams = Type.Object({ license_id: LicenseId })

export const LicensesParams = Type.Object({ customer_id: CustomerId })

/** All licences of nearly every customer fit into a page of the largest size. */
export const LICENSES_LIMIT = 200

export const ListLicensesQuery = strictObject({
  ...PageQuery,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: LICENSES_LIMIT })),
})

export const EntitlementQuery = strictObject({ feature: MetricName })

export const IssueLicenseBody = strictObject(
  {
    customer_id: CustomerId,
    plan: Type.Optional(nullable(PlanId)),
    features: Type.Optional(Features),
    limits: Type.Optional(Limits),
    expires_at: Type.Optional(TimestampInput),
  },
  { examples: [{ customer_id: 'cust_4fGh7KqL9mNp2RsT', plan: 'starter' }] },
)

export const RevokeLicenseBody = strictObject(
  { reason: Type.Optional(line(200, { examples: ['leaked'] })) },
  { examples: [{ reason: 'leaked' }] },
)
