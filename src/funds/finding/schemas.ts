import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../../http/pagination.ts'
import {
  Metadata,
  Timestamp,
  TimestampInput,
  line,
  nullable,
  ref,
  strictObject,
} from '../../http/schemas.ts'
import {
  Account,
  Hold,
  IdempotencyKey,
  Tier,
  TransferId,
  TransferKindName,
  UserId,
} from '../schemas.ts'
import type { HoldStatus } from './holds.ts'

export const ListAccountsQuery = strictObject({
  ...PageQuery,
  status: Type.Optional(
    Type.Unsafe<'active' | 'frozen' | 'closed'>({
      title: 'AccountStatus',
      type: 'string',
      enum: ['active', 'frozen', 'closed'],
    }),
  ),
  tier: Type.Optional(Tier),
  user_id_prefix: Type.Optional({ ...UserId, description: 'How the id of the user begins.' }),
  flag: Type.Optional(Type.Unsafe<'charged_back'>({ type: 'string', enum: ['charged_back'] })),
  below: Type.Optional(
    Type.Integer({
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'With a balance below this, in the smallest unit of each asset.',
      examples: [500],
    }),
  ),
})

export const AccountPage = pageOf(ref(Account), 'AccountPage')

export const FindTransfersQuery = strictObject({
  ...PageQuery,
  transfer_id: Type.Optional({ ...TransferId, description: 'This one, if the rest fits.' }),
  user_id: Type.Optional(UserId),
  reference: Type.Optional(line(255, { examples: ['job-77'] })),
  reason: Type.Optional(
    line(500, { description: 'The whole reason.', examples: ['1,200 tokens'] }),
  ),
  kind: Type.Optional(TransferKindName),
  idempotency_key: Type.Optional(IdempotencyKey),
  from: Type.Optional({ ...TimestampInput, description: 'From this time on.' }),
  to: Type.Optional({ ...TimestampInput, description: 'Before this time.' }),
})

const STATUSES = ['open', 'captured', 'released', 'expired'] as const satisfies HoldStatus[]

export const ListHoldsQuery = strictObject({
  ...PageQuery,
  user_id: Type.Optional(UserId),
  status: Type.Optional(
    Type.Unsafe<HoldStatus>({
      title: 'HoldStatus',
      type: 'string',
      enum: [...STATUSES],
      description: 'A hold past its time is `expired`.',
    }),
  ),
})

const { hold_id, user_id, asset, amount, captured, status, expires_at, created_at } =
  Hold.properties

export const HoldState = Type.Object(
  {
    hold_id,
    user_id,
    asset,
    amount,
    captured,
    status,
    transfer_id: { ...Hold.properties.transfer_id, description: 'Of the transfer that made it.' },
    reason: nullable(Type.String({ examples: ['1,200 tokens'] })),
    reference: nullable(Type.String({ examples: ['job-77'] })),
    metadata: nullable(Metadata),
    idempotency_key: nullable(Type.String({ examples: ['order-1001'] })),
    expires_at,
    created_at,
    closed_at: nullable(Timestamp),
  },
  { $id: 'HoldState', description: 'A hold as it is now.' },
)

export const HoldPage = pageOf(ref(HoldState), 'HoldPage')
