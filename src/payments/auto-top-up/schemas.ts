import { Type } from '@sinclair/typebox'
import { PAUSE_REASONS } from '../../funds/auto-top-up/tables.ts'
import { Timestamp, nullable, ref, strictObject } from '../../http/schemas.ts'

const Units = (description: string, example: number, minimum = 0) =>
  Type.Integer({
    minimum,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description} In the smallest unit of the account's asset.`,
    examples: [example],
  })

const settings = {
  threshold: Units('A balance below it is topped up.', 500),
  amount: Units('What each payment adds.', 2_000, 1),
  daily_max: Units(
    'The most that the payments of a day in UTC may come to, failed ones too.',
    6_000,
  ),
  monthly_max: Units('The same of a month in UTC.', 20_000),
  enabled: Type.Boolean(),
}

export const AutoTopUpBody = strictObject(settings, {
  examples: [
    { threshold: 500, amount: 2_000, daily_max: 6_000, monthly_max: 20_000, enabled: true },
  ],
})

export const AutoTopUp = Type.Object(
  {
    user_id: Type.String({ examples: ['user-123'] }),
    ...settings,
    status: Type.Unsafe<'ready' | 'no_payment_method' | 'paused'>({
      type: 'string',
      enum: ['ready', 'no_payment_method', 'paused'],
      description:
        '`no_payment_method`: a checkout with `save_payment_method` has yet to be paid. `paused`: a call with `enabled: true` lifts it.',
    }),
    paused_reason: nullable(
      Type.Unsafe<(typeof PAUSE_REASONS)[number]>({ type: 'string', enum: [...PAUSE_REASONS] }),
    ),
    updated_at: Timestamp,
  },
  { $id: 'AutoTopUp' },
)

export const AutoTopUpOfAccount = Type.Object(
  { auto_top_up: nullable(ref(AutoTopUp)) },
  { $id: 'AutoTopUpOfAccount' },
)
