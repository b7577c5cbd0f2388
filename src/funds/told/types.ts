import { type TProperties, Type } from '@sinclair/typebox'
import type { EventType } from '../../events/types.ts'
import { Timestamp, nullable } from '../../http/schemas.ts'
import { TRANSFER_KINDS, type TransferKind } from '../posting.ts'

const USER = { user_id: 'user-123', asset: 'USD/2' }

const Units = Type.Integer({
  description: 'In the smallest unit of the asset.',
  examples: [1000],
})

const UserOfEvent = {
  user_id: nullable(
    Type.String({
      description: 'Your own id of the user; null once the user was erased.',
      examples: ['user-123'],
    }),
  ),
  asset: Type.String({ description: 'The asset of the account.', examples: ['USD/2'] }),
}

const ofAccount = <T extends TProperties>(properties: T) =>
  Type.Object({ ...UserOfEvent, ...properties })

const Movement = ofAccount({
  transfer_id: Type.String({ examples: ['tr_42_7'] }),
  kind: Type.Unsafe<TransferKind>({
    title: 'EventTransferKind',
    type: 'string',
    enum: [...TRANSFER_KINDS],
    examples: ['deduct'],
  }),
  amount: Units,
  balance: Type.Integer({
    description: 'The balance right after the movement.',
    examples: [1000],
  }),
  available: Type.Integer({
    description: 'The amount that could be deducted right after the movement.',
  }),
  target_id: nullable(
    Type.String({
      description: 'The charge that it refunds, or the hold that it ends.',
      examples: ['tr_42_6'],
    }),
  ),
})

const movement = (summary: string, kind: TransferKind, isOptIn?: true): EventType => ({
  summary,
  data: Movement,
  example: {
    ...USER,
    transfer_id: 'tr_42_7',
    kind,
    amount: 500,
    balance: 1000,
    available: 1000,
    target_id: kind === 'refund' ? 'tr_42_6' : null,
  },
  ...(isOptIn && { isOptIn }),
})

const BudgetEvent = {
  budget_id: nullable(
    Type.String({ description: 'Null once the user was erased.', examples: ['monthly'] }),
  ),
  amount: Type.Integer({ description: 'What the budget allows in a window.', examples: [5000] }),
  used: Type.Integer({ description: 'What was used in this window.', examples: [4000] }),
  mode: Type.String({ description: '`hard` or `soft`.', examples: ['hard'] }),
  window: Type.String({
    description: '`hour`, `day`, `week`, `month` or `total`.',
    examples: ['month'],
  }),
  window_start: Timestamp,
  resets_at: nullable(Timestamp),
}

const BUDGET = {
  ...USER,
  budget_id: 'monthly',
  amount: 5000,
  used: 4000,
  mode: 'soft',
  window: 'month',
  window_start: '2026-11-01T00:00:00.000Z',
  resets_at: '2026-12-01T00:00:00.000Z',
}

const GrantId = Type.String({ examples: ['grant_42_1'] })

export const types = {
  'account.created': {
    summary: 'An account of prepaid funds was opened.',
    data: ofAccount({ tier: Type.String({ examples: ['pro'] }) }),
    example: { ...USER, tier: 'pro' },
  },
  'account.updated': {
    summary: 'An account was changed, frozen or unfrozen.',
    data: ofAccount({
      changed: Type.Array(Type.String({ examples: ['status'] })),
      tier: Type.Optional(Type.String({ examples: ['pro'] })),
      status: Type.Optional(Type.String({ examples: ['frozen'] })),
    }),
    example: { ...USER, changed: ['status'], status: 'frozen' },
  },
  'account.erased': {
    summary: 'The personal data of an account was erased.',
    data: ofAccount({
      holds_released: Type.Integer(),
      balance_given_up: Type.Integer(),
    }),
    example: { user_id: null, asset: 'USD/2', holds_released: 0, balance_given_up: 0 },
  },
  'funds.topped_up': movement('Money has come into an account.', 'top_up'),
  'funds.refunded': movement(
    'A charge was given back, or a payment was taken back by Stripe.',
    'refund',
  ),
  'funds.adjusted': movement('An operator has moved money by hand.', 'adjustment'),
  'funds.deducted': movement('An account was charged.', 'deduct', true),
  'funds.held': movement('An amount was set aside.', 'hold', true),
  'funds.captured': movement('A charge was made from a hold.', 'capture', true),
  'funds.released': movement('The amount of a hold became available again.', 'release', true),
  'funds.low_balance': {
    summary: 'A balance has fallen below the `low_balance_at` of its account.',
    data: ofAccount({ balance: Units }),
    example: { ...USER, balance: 90 },
  },
  'funds.negative': {
    summary: 'A balance has fallen below zero.',
    data: Movement,
    example: {
      ...USER,
      transfer_id: 'tr_42_8',
      kind: 'deduct',
      amount: 500,
      balance: -200,
      available: 800,
      target_id: null,
    },
  },
  'grant.expiring': {
    summary: 'A grant expires within 7 days.',
    data: ofAccount({ grant_id: GrantId, remaining: Units, expires_at: Timestamp }),
    example: {
      ...USER,
      grant_id: 'grant_42_1',
      remaining: 300,
      expires_at: '2026-12-01T00:00:00.000Z',
    },
  },
  'grant.expired': {
    summary: 'A grant has expired. `amount` is the part that was not used.',
    data: ofAccount({ grant_id: GrantId, amount: Units }),
    example: { ...USER, grant_id: 'grant_42_1', amount: 300 },
  },
  'budget.threshold': {
    summary: 'A budget has reached one of the percentages of its `alert_at`.',
    data: ofAccount({ ...BudgetEvent, percent: Type.Integer({ examples: [80] }) }),
    example: { ...BUDGET, percent: 80 },
  },
  'budget.exceeded': {
    summary:
      'A soft budget was passed, or a hard budget refused a charge. Sent once in each window.',
    data: ofAccount(BudgetEvent),
    example: { ...BUDGET, used: 5200 },
  },
} as const satisfies Record<string, EventType>
