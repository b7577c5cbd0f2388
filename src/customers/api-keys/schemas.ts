import { Type } from '@sinclair/typebox'
import { AllowedIps } from '../../http/allowed-ips.ts'
import { KEY_SCOPES, type KeyScope } from '../../auth/permissions.ts'
import { pageOf } from '../../http/pagination.ts'
import {
  CustomerId,
  CustomerStatus,
  Timestamp,
  TimestampInput,
  line,
  nullable,
  ref,
  strictObject,
} from '../../http/schemas.ts'
import { spelled } from '../../http/patterns.ts'

export const KeyId = Type.String({
  pattern: spelled('^[0-9A-Za-z]{8}$', 'the id of an API key: 8 letters or digits'),
  examples: ['k3Jd82Lq'],
})

const Scope = Type.Unsafe<KeyScope>({
  title: 'ApiKeyScope',
  type: 'string',
  enum: [...KEY_SCOPES],
})

export const ApiKey = Type.Object(
  {
    key_id: KeyId,
    name: nullable(Type.String({ examples: ['production'] })),
    scopes: Type.Array(Scope, { description: 'What the key may be used for.' }),
    allowed_ips: nullable(Type.Array(Type.String({ examples: ['198.51.100.0/24'] }))),
    created_at: Timestamp,
    expires_at: nullable(Timestamp),
    last_used_at: nullable(Timestamp),
    revoked_at: nullable(Timestamp),
  },
  {
    $id: 'ApiKey',
    description: 'An API key without its secret.',
    examples: [
      {
        key_id: 'k3Jd82Lq',
        name: 'production',
        scopes: ['usage:write', 'licenses:read'],
        allowed_ips: null,
        created_at: '2026-11-24T09:30:00.000Z',
        expires_at: '2027-12-31T00:00:00.000Z',
        last_used_at: null,
        revoked_at: null,
      },
    ],
  },
)

export const ApiKeySecret = Type.String({
  description: "The key itself. It is shown only now, and can't be read again.",
  examples: ['cust_4fGh7KqL9mNp2RsT_k3Jd82Lq7vXw1YzA0bCdEfGhJkLmNpQrStUvWxYz3Ab4Cd'],
})

export const IssuedApiKey = Type.Object(
  { api_key: ApiKeySecret, key: ref(ApiKey) },
  { $id: 'IssuedApiKey' },
)

export const ApiKeyPage = pageOf(ref(ApiKey), 'ApiKeyPage')

export const IssueKeyBody = strictObject(
  {
    name: Type.Optional(line(100)),
    expires_at: Type.Optional(TimestampInput),
    scopes: Type.Optional(
      Type.Array(Scope, {
        minItems: 1,
        uniqueItems: true,
        description: 'What the key may be used for; everything by default.',
      }),
    ),
    allowed_ips: Type.Optional(AllowedIps),
  },
  { examples: [{ name: 'production', expires_at: '2027-12-31T00:00:00.000Z' }] },
)

export const RotateKeyBody = strictObject(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        description: 'How long the old key still works; 0, the default, ends it at once.',
        examples: [3600],
      }),
    ),
  },
  { examples: [{ overlap_seconds: 3600 }] },
)

export const KeyCallsQuery = strictObject({
  from: Type.Optional(TimestampInput),
  to: Type.Optional(TimestampInput),
  bucket: Type.Optional(
    Type.Union([Type.Literal('hour'), Type.Literal('day')], { default: 'hour' }),
  ),
})

const KeyCallsBucket = Type.Object(
  {
    bucket: Timestamp,
    calls: Type.Integer({ minimum: 0, description: 'How many calls were made.', examples: [120] }),
    refused: Type.Integer({
      minimum: 0,
      description: 'How many of them were answered 401, 403 or 429.',
      examples: [3],
    }),
  },
  { title: 'ApiKeyCallsBucket' },
)

export const KeyCalls = Type.Object(
  { data: Type.Array(KeyCallsBucket) },
  {
    $id: 'ApiKeyCalls',
    examples: [{ data: [{ bucket: '2026-11-24T09:00:00.000Z', calls: 120, refused: 3 }] }],
  },
)

export const KeyParams = Type.Object({ customer_id: CustomerId, key_id: KeyId })

export const Me = Type.Object(
  {
    customer_id: CustomerId,
    plan: nullable(Type.String({ examples: ['starter'] })),
    status: CustomerStatus,
    key: Type.Object({
      key_id: KeyId,
      name: nullable(Type.String({ examples: ['production'] })),
      expires_at: nullable(Timestamp),
    }),
  },
  { $id: 'Me' },
)
