import { Type } from '@sinclair/typebox'
import { IdempotencyKey, UserId } from '../funds/schemas.ts'
import { strictObject } from '../http/schemas.ts'
import { ReturnUrl } from '../stripe/return-urls.ts'

/** A checkout moves no money by itself, so its key only recognises repetitions. */
const CheckoutKey = {
  ...IdempotencyKey,
  description:
    '1 to 255 visible ASCII characters. The same call with the same key returns the same page as long as ' +
    'that can be paid. Once it is paid or has expired, or if anything else in the body differs, the call ' +
    'opens another page.',
}

export const CheckoutHeaders = Type.Object({
  'idempotency-key': Type.Optional(CheckoutKey),
})

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
    idempotency_key: Type.Optional(CheckoutKey),
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
