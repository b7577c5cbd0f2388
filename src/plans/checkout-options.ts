import { type Static, Type } from '@sinclair/typebox'
import { strictObject } from '../http/schemas.ts'

/** The source of the rule: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-subscription_data-trial_period_days */
const TRIAL_DAYS_MAX = 730

const Switch = (description: string) => Type.Optional(Type.Boolean({ description }))

/** Settings of a plan's checkout sessions that differ from the defaults. */
export const CheckoutOptions = strictObject(
  {
    trial_days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: TRIAL_DAYS_MAX, examples: [14] }),
    ),
    allow_promotion_codes: Switch('The page has a field for a promotion code.'),
    automatic_tax: Switch('Stripe Tax calculates the tax.'),
    tax_id_collection: Switch('The page asks companies for their tax id.'),
  },
  { title: 'CheckoutOptions', examples: [{ trial_days: 14, allow_promotion_codes: true }] },
)

export type CheckoutOptions = Static<typeof CheckoutOptions>
