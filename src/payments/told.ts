import { type TProperties, Type } from '@sinclair/typebox'
import type { EventType, Told } from '../events/types.ts'
import { PAUSE_REASONS } from '../funds/auto-top-up/tables.ts'
import { nullable } from '../http/schemas.ts'

const USER = { user_id: 'user-123', asset: 'USD/2' }

const ofAccount = <T extends TProperties>(properties: T) =>
  Type.Object({
    user_id: nullable(
      Type.String({ description: 'Null once the user was erased.', examples: ['user-123'] }),
    ),
    asset: Type.String({ examples: ['USD/2'] }),
    amount: Type.Integer({
      description: 'The amount of the top-up, in the smallest unit of the asset.',
      examples: [2000],
    }),
    ...properties,
  })

const PaymentIntent = nullable(Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] }))

const ActionUrl = nullable(
  Type.String({
    description: 'The page where the user can do what Stripe asks for, if Stripe names one.',
    examples: ['https://hooks.stripe.com/redirect/authenticate/src_1NG8Du2eZvKYlo2C'],
  }),
)

const types = {
  'auto_top_up.succeeded': {
    summary: 'An automatic top-up was paid, and the money is in the account.',
    data: ofAccount({ payment_intent_id: PaymentIntent }),
    example: { ...USER, amount: 2000, payment_intent_id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa' },
  },
  'auto_top_up.failed': {
    summary: 'The payment of an automatic top-up has failed.',
    data: ofAccount({
      code: Type.String({
        description: 'Stripe’s code for the reason.',
        examples: ['card_declined'],
      }),
      needs_user: Type.Boolean({ description: 'Another try would fail until the user acts.' }),
      payment_intent_id: PaymentIntent,
      action_url: ActionUrl,
    }),
    example: {
      ...USER,
      amount: 2000,
      code: 'authentication_required',
      needs_user: true,
      payment_intent_id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
      action_url: 'https://hooks.stripe.com/redirect/authenticate/src_1NG8Du2eZvKYlo2C',
    },
  },
  'auto_top_up.paused': {
    summary: 'Automatic top-ups of an account have stopped until they are enabled again.',
    data: ofAccount({
      reason: Type.Unsafe<(typeof PAUSE_REASONS)[number]>({
        title: 'EventPauseReason',
        type: 'string',
        enum: [...PAUSE_REASONS],
        examples: ['payments_failed'],
      }),
      action_url: ActionUrl,
    }),
    example: { ...USER, amount: 2000, reason: 'payments_failed', action_url: null },
  },
} as const satisfies Record<string, EventType>

/** The audit log has no records of these events; the acts write them to the outbox themselves. */
export const toldOfPayments: Told = { types }
