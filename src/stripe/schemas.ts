import { Type } from '@sinclair/typebox'

export const CheckoutSession = Type.Object(
  {
    checkout_session_id: Type.String({ examples: ['cs_test_a1b2c3'] }),
    url: Type.String({
      description: "Stripe's page, to which you send the browser.",
      examples: ['https://checkout.stripe.com/c/pay/cs_test_a1b2c3'],
    }),
  },
  { $id: 'CheckoutSession' },
)
