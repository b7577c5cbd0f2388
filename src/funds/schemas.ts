import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../http/pagination.ts'
import {
  Metadata,
  Timestamp,
  TimestampInput,
  line,
  nullable,
  ref,
  strictObject,
} from '../http/schemas.ts'
import { TRANSFER_KINDS, type TransferKind } from './posting.ts'
import { spelled } from '../http/patterns.ts'

export const UserId = Type.String({
  pattern: spelled('^[A-Za-z0-9._:@-]{1,128}$', '1 to 128 characters of A–Z a–z 0–9 . _ : @ -'),
  description: 'Your own id of the user: 1 to 128 characters of A–Z a–z 0–9 . _ : @ -',
  examples: ['user-123'],
})

export const Asset = Type.String({
  pattern: spelled(
    '^[A-Z][A-Z0-9]{0,15}/(\\d|1[0-8])$',
    'a currency or unit in capitals, a slash and its decimals, such as USD/2',
  ),
  description: 'A currency and its decimals: `USD/2` counts cents, `USD/6` millionths of a dollar.',
  examples: ['USD/2'],
})

export const Tier = Type.String({
  pattern: spelled(
    '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
    'a tier such as pro: 1 to 64 characters of A–Z a–z 0–9 . _ -, the first a letter or digit',
  ),
  examples: ['pro'],
})

/** For answers: what was accepted before is not checked again. */
export const UserName = Type.String({ examples: ['user-123'] })
const TierName = Type.String({ examples: ['pro'] })
const AssetName = Type.String({ examples: ['USD/2'] })

/** An amount in a request. */
export const Amount = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "In the smallest unit of the account's asset.",
  examples: [500],
})

/** An amount in an answer; it may be zero or negative. */
export const Units = Type.Integer({
  description: 'In the smallest unit of the asset.',
  examples: [1000],
})

export const TransferId = Type.String({
  pattern: spelled('^tr_[1-9]\\d{0,17}_[1-9]\\d{0,17}$', 'the id of a transfer, such as tr_42_7'),
  examples: ['tr_42_7'],
})

export const TransferParams = Type.Object({ transfer_id: TransferId })

/** What a transfer took from grants, or gave to them. */
const GrantPieces = Type.Array(
  Type.Object(
    { grant_id: Type.String({ examples: ['grant_42_1'] }), amount: Units },
    { title: 'GrantPiece' },
  ),
  {
    description:
      'The parts of it that were grants, in the order in which they were taken or given.',
  },
)

const Granted = {
  granted: Type.Integer({
    description: 'The part of the balance that is in grants.',
    examples: [500],
  }),
  next_expiry: nullable(
    Type.Object(
      { at: Timestamp, amount: Units },
      {
        title: 'NextExpiry',
        description: 'When grants expire next, and what remains of all that do then.',
      },
    ),
  ),
}

const AccountStatus = Type.Union(
  [Type.Literal('active'), Type.Literal('frozen'), Type.Literal('closed')],
  { title: 'AccountStatus' },
)

export const Account = Type.Object(
  {
    user_id: UserName,
    tier: TierName,
    asset: AssetName,
    status: AccountStatus,
    balance: Units,
    held: Units,
    available: Units,
    credit_limit: Units,
    low_balance_at: nullable(Units),
    flags: Type.Array(Type.Literal('charged_back')),
    ...Granted,
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'Account' },
)

export const Balance = Type.Object(
  {
    user_id: UserName,
    asset: AssetName,
    balance: Units,
    held: Units,
    available: nullable(
      Type.Integer({
        description:
          'What can be deducted: the balance, minus held amounts, plus the credit limit.',
        examples: [1000],
      }),
    ),
    tier: nullable(TierName),
    status: nullable(AccountStatus),
    ...Granted,
    updated_at: Timestamp,
  },
  {
    $id: 'Balance',
    description:
      '`tier`, `status` and `available` are null for a time before the account was opened, or without a record.',
  },
)

export const Movement = Type.Object(
  {
    transfer_id: TransferId,
    user_id: UserName,
    asset: AssetName,
    amount: Units,
    balance: Type.Integer({
      description: 'The balance right after this transfer.',
      examples: [1000],
    }),
    available: Type.Integer({
      description: 'The available amount right after this transfer.',
      examples: [1000],
    }),
    grants: GrantPieces,
    created_at: Timestamp,
  },
  { $id: 'Movement' },
)

export const TransferKindName = Type.Unsafe<TransferKind>({
  title: 'TransferKind',
  type: 'string',
  enum: TRANSFER_KINDS,
})

export const Transfer = Type.Object(
  {
    transfer_id: TransferId,
    user_id: UserName,
    kind: TransferKindName,
    target_id: nullable(
      Type.String({
        description: 'The charge that it refunds, or the hold that it captures or releases.',
        examples: ['tr_42_6'],
      }),
    ),
    debit_account: Type.String({
      description: 'The account that the money came from.',
      examples: ['user-123'],
    }),
    credit_account: Type.String({
      description: 'The account that the money went to.',
      examples: ['revenue'],
    }),
    asset: AssetName,
    amount: Units,
    balance_after: Units,
    grants: GrantPieces,
    reason: nullable(Type.String({ examples: ['1,200 tokens'] })),
    reference: nullable(Type.String({ examples: ['job-77'] })),
    metadata: nullable(Metadata),
    idempotency_key: nullable(Type.String({ examples: ['order-1001'] })),
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

export const IdempotencyKey = Type.String({
  pattern: spelled('^[\\x21-\\x7e]{1,255}$', '1 to 255 visible ASCII characters, without spaces'),
  description: '1 to 255 visible ASCII characters; the same key moves money once.',
  examples: ['order-1001'],
})

export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(IdempotencyKey),
})

/** Notes about a movement, which are stored with it. */
export const Notes = {
  reason: Type.Optional(line(500, { examples: ['1,200 tokens'] })),
  reference: Type.Optional(line(255, { examples: ['job-77'] })),
  metadata: Type.Optional(Metadata),
  idempotency_key: Type.Optional(IdempotencyKey),
}

export const MovementBody = strictObject(
  { user_id: UserId, amount: Amount, ...Notes },
  { examples: [{ user_id: 'user-123', amount: 500, reason: '1,200 tokens', reference: 'job-77' }] },
)

export const RefundBody = strictObject(
  {
    transfer_id: TransferId,
    amount: Type.Optional({
      ...Amount,
      description: 'By default, all that is left of the charge.',
    }),
    ...Notes,
  },
  { examples: [{ transfer_id: 'tr_42_7', amount: 200 }] },
)

export const HoldBody = strictObject(
  {
    user_id: UserId,
    amount: Amount,
    expires_in_s: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 31_536_000,
        description: 'After this time the hold no longer counts; 7 days by default.',
        examples: [3600],
      }),
    ),
    ...Notes,
  },
  { examples: [{ user_id: 'user-123', amount: 2000, expires_in_s: 3600, reference: 'job-78' }] },
)

export const CaptureBody = strictObject(
  {
    amount: Type.Optional({
      ...Amount,
      description: 'By default the whole hold; the rest is released.',
    }),
    ...Notes,
  },
  { examples: [{ amount: 1500 }] },
)

export const ReleaseBody = strictObject(Notes, { examples: [{ reason: 'job cancelled' }] })

export const HoldParams = Type.Object({
  hold_id: Type.String({
    pattern: spelled('^hold_[1-9]\\d{0,17}_[1-9]\\d{0,17}$', 'the id of a hold, such as hold_42_8'),
    examples: ['hold_42_8'],
  }),
})

export const Hold = Type.Object(
  {
    hold_id: Type.String({ examples: ['hold_42_8'] }),
    user_id: UserName,
    asset: AssetName,
    amount: Type.Integer({ description: 'The amount that was set aside.', examples: [1000] }),
    captured: Type.Integer({
      description: 'The part that was charged; the rest was released.',
      examples: [1000],
    }),
    status: Type.Unsafe<'open' | 'captured' | 'released' | 'expired'>({
      title: 'HoldStatus',
      type: 'string',
      enum: ['open', 'captured', 'released', 'expired'],
    }),
    transfer_id: TransferId,
    balance: Type.Integer({ description: 'The balance right after this call.', examples: [1000] }),
    available: Type.Integer({
      description: 'The available amount right after this call.',
      examples: [1000],
    }),
    grants: GrantPieces,
    expires_at: Timestamp,
    created_at: Timestamp,
  },
  { $id: 'Hold' },
)

export const UpdateAccountBody = strictObject(
  {
    tier: Type.Optional(Tier),
    status: Type.Optional(
      Type.Unsafe<'active' | 'frozen'>({ type: 'string', enum: ['active', 'frozen'] }),
    ),
    credit_limit: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'How far below zero the balance minus held amounts may go.',
        examples: [1000],
      }),
    ),
    clear_flags: Type.Optional(
      Type.Array(Type.Literal('charged_back'), {
        minItems: 1,
        maxItems: 1,
        description: 'Possible once the balance is above its floor again.',
      }),
    ),
    low_balance_at: Type.Optional(
      nullable(
        Type.Integer({
          minimum: -Number.MAX_SAFE_INTEGER,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'A balance below it is reported once, in the audit log and metrics.',
          examples: [500],
        }),
      ),
    ),
  },
  { minProperties: 1, examples: [{ credit_limit: 1000, low_balance_at: 500 }] },
)

export const BalanceQuery = strictObject({
  at: Type.Optional({
    ...TimestampInput,
    description: 'A time in the past, by the millisecond: the answer never changes.',
  }),
})

export const ListTransfersQuery = strictObject(PageQuery)
