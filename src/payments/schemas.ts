import { Type } from '@sinclair/typebox'
import { IdempotencyKey, UserId } from '../funds/schemas.ts'
import { strictObject } from '../http/schemas.ts'
import { ReturnUrl } from '../stripe/return-urls.ts'

export const TopUpCheckoutBody = strictObject(
  {
    user_id: UserId,
    amount: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "In the smallest unit of the account's asset.",
      examples: [1_000],
    }),
    success_url: ReturnUrl,
    cancel_url: ReturnUrl,
    save_payment_method: Type.Optional(
      Type.Boolean({ description: 'Keeps what the user pays with, for automatic top-ups.' }),
    ),
    idempotency_key: Type.Optional(IdempotencyKey),
  },
  {
    examples: [
      {
        user_id: 'user-123',
        amount: 1_000,
        success_url: 'https://app.example.com/paid',
        cancel_url: 'https://app.example.com/billing',
      },
    ],
  },
)
