import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../pagination.ts'
import { Metadata, Timestamp, line, nullable, ref, strictObject } from '../schemas.ts'

export const UserId = Type.String({
  pattern: '^[A-Za-z0-9._:@-]{1,128}$',
  description: 'Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -',
  examples: ['user-123'],
})

export const Asset = Type.String({
  pattern: '^[A-Z][A-Z0-9]{0,15}/(\\d|1[0-8])$',
  description: 'A currency and its decimals: `USD/2` counts cents, `USD/6` millionths of a dollar.',
  examples: ['USD/2'],
})

const Tier = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', examples: ['pro'] })

/** An amount a caller gives. */
const Amount = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "In the smallest unit of the account's asset.",
  examples: [500],
})

/** An amount we answer; it may be zero or below. */
const Units = Type.Integer({ description: 'In the smallest unit of the asset.' })

const TransferId = Type.String({
  pattern: '^tr_[1-9]\\d{0,18}_[1-9]\\d{0,18}$',
  examples: ['tr_42_7'],
})

export const Account = Type.Object(
  {
    user_id: Type.String(),
    tier: Type.String(),
    asset: Type.String(),
    status: Type.Union([Type.Literal('active'), Type.Literal('frozen'), Type.Literal('closed')]),
    balance: Units,
    held: Units,
    available: Units,
    credit_limit: Units,
    low_balance_at: nullable(Units),
    flags: Type.Array(Type.Literal('charged_back')),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Account' },
)

export const Balance = Type.Object(
  {
    user_id: Type.String(),
    asset: Type.String(),
    balance: Units,
    held: Units,
    available: Type.Integer({
      description:
        'What can be deducted now: the balance without what is held, and with the credit.',
    }),
    tier: Type.String(),
    status: Type.Union([Type.Literal('active'), Type.Literal('frozen'), Type.Literal('closed')]),
    updated_at: Timestamp,
  },
  { $id: 'Balance' },
)

export const Movement = Type.Object(
  {
    transfer_id: TransferId,
    user_id: Type.String(),
    asset: Type.String(),
    amount: Units,
    balance: Type.Integer({ description: 'Right after this transfer.' }),
    available: Type.Integer({ description: 'Right after this transfer.' }),
    created_at: Timestamp,
  },
  { $id: 'Movement' },
)

export const Transfer = Type.Object(
  {
    transfer_id: TransferId,
    kind: Type.Union([Type.Literal('deduct'), Type.Literal('top_up')]),
    debit_account: Type.String({ description: 'The account the money came from.' }),
    credit_account: Type.String({ description: 'The account the money went to.' }),
    asset: Type.String(),
    amount: Units,
    balance_after: Units,
    reason: nullable(Type.String()),
    reference: nullable(Type.String()),
    metadata: nullable(Metadata),
    idempotency_key: nullable(Type.String()),
    created_at: Timestamp,
  },
  { $id: 'Transfer' },
)

export const TransferPage = pageOf(ref(Transfer), 'TransferPage')

export const UserParams = Type.Object({ user_id: UserId })

export const OpenAccountBody = strictObject(
  { user_id: UserId, tier: Tier, asset: Type.Optional(Asset) },
  { examples: [{ user_id: 'user-123', tier: 'pro' }] },
)

const IdempotencyKey = Type.String({
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description: '1 to 255 visible ASCII characters; the same key moves money once.',
  examples: ['order-1001'],
})

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(IdempotencyKey),
})

export const MovementBody = strictObject(
  {
    user_id: UserId,
    amount: Amount,
    reason: Type.Optional(line(500, { examples: ['1,200 tokens'] })),
    reference: Type.Optional(line(255, { examples: ['job-77'] })),
    metadata: Type.Optional(Metadata),
    idempotency_key: Type.Optional(IdempotencyKey),
  },
  { examples: [{ user_id: 'user-123', amount: 500, reason: '1,200 tokens', reference: 'job-77' }] },
)

export const ListTransfersQuery = strictObject(PageQuery)
