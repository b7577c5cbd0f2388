import { Type } from '@sinclair/typebox'
import { AllowedIps } from '../http/allowed-ips.ts'
import {
  ADMIN_PERMISSIONS,
  INTERNAL_PERMISSIONS,
  type Permission,
  ROLE_NAMES,
} from '../auth/permissions.ts'
import { pageOf } from '../http/pagination.ts'
import { Timestamp, TimestampInput, line, nullable, ref, strictObject } from '../http/schemas.ts'
import { spelled } from '../http/patterns.ts'

export const NAME_MAX = 100

const AMOUNT_MAX = 9_007_199_254_740_991

export const TokenId = Type.String({
  pattern: spelled('^[0-9A-Za-z]{12}$', 'the id of a token: 12 letters or digits'),
  examples: ['k3Jd82LqWx5Z'],
})

const ScopeOfToken = Type.Union([Type.Literal('admin'), Type.Literal('internal')], {
  title: 'TokenScope',
})

const RoleOfToken = Type.Unsafe<(typeof ROLE_NAMES)[number]>({
  title: 'TokenRole',
  type: 'string',
  enum: [...ROLE_NAMES],
})

const PermissionOfToken = Type.Unsafe<Permission>({
  title: 'TokenPermission',
  type: 'string',
  enum: [...new Set([...ADMIN_PERMISSIONS, ...INTERNAL_PERMISSIONS])],
})

const AmountMax = (description: string) =>
  Type.Integer({ minimum: 1, maximum: AMOUNT_MAX, description })

const AMOUNT_TEXT = 'The largest amount of one movement or hold, in the smallest unit.'
const DAILY_TEXT = 'The largest sum of a UTC day, in the smallest unit.'

export const Token = Type.Object(
  {
    token_id: TokenId,
    name: Type.String({ examples: ['invoices'] }),
    scope: ScopeOfToken,
    role: nullable(RoleOfToken),
    permissions: Type.Array(PermissionOfToken, {
      description: 'The permissions of the token, also if a role grants them.',
    }),
    expires_at: nullable(Timestamp),
    allowed_ips: nullable(Type.Array(Type.String({ examples: ['198.51.100.0/24'] }))),
    amount_max: nullable(
      Type.Integer({ maximum: AMOUNT_MAX, description: AMOUNT_TEXT, examples: [50_000] }),
    ),
    daily_amount_max: nullable(
      Type.Integer({ maximum: AMOUNT_MAX, description: DAILY_TEXT, examples: [500_000] }),
    ),
    created_at: Timestamp,
    last_used_at: nullable(Timestamp),
    revoked_at: nullable(Timestamp),
  },
  { $id: 'Token', description: 'A token of an operator or a service without its secret.' },
)

export const IssuedToken = Type.Object(
  {
    token: Type.String({
      description: "The token itself. It is shown only now, and can't be read again.",
      examples: ['srt_int_k3Jd82LqWx5Z7vXw1YzA0bCdEfGhJkLmNpQrStUvWxYz3A4b5CdE1F'],
    }),
    info: ref(Token),
  },
  { $id: 'IssuedToken' },
)

export const TokenPage = pageOf(ref(Token), 'TokenPage')

export const IssueTokenBody = strictObject(
  {
    name: line(NAME_MAX),
    scope: ScopeOfToken,
    role: Type.Optional(RoleOfToken),
    permissions: Type.Optional(
      Type.Array(PermissionOfToken, { minItems: 1, maxItems: 32, uniqueItems: true }),
    ),
    expires_at: Type.Optional(TimestampInput),
    allowed_ips: Type.Optional(AllowedIps),
    amount_max: Type.Optional(AmountMax(AMOUNT_TEXT)),
    daily_amount_max: Type.Optional(AmountMax(DAILY_TEXT)),
  },
  {
    examples: [
      {
        name: 'invoices',
        scope: 'internal',
        permissions: ['accounts:read', 'funds:deduct'],
        daily_amount_max: 500_000,
      },
    ],
  },
)

export const TokenParams = Type.Object({ token_id: TokenId })
