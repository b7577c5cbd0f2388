import { DAY_S } from '../clock.ts'
import type { CheckoutSession, LineItem, PortalSession, Price } from '../types.ts'
import { newId } from '../world.ts'
import { isMetered, lineAmount } from './price.ts'

export interface NewCheckoutSession {
  mode: 'payment' | 'subscription'
  customer: string | null
  customerEmail: string | null
  clientReferenceId: string | null
  metadata: Record<string, string>
  successUrl: string
  cancelUrl: string | null
  /** In seconds; a day from now if undefined. */
  expiresAt: number | undefined
  lineItems: LineItem[]
  customerCreation?: 'always' | 'if_required' | undefined
}

export function newCheckoutSession(created: number, given: NewCheckoutSession): CheckoutSession {
  const id = newId('cs_test_a1', 56)
  const total = given.lineItems.reduce((sum, item) => sum + item.amount_total, 0)
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: total,
    amount_total: total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: given.cancelUrl,
    client_reference_id: given.clientReferenceId,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created,
    currency: given.lineItems[0]?.currency ?? null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: given.customer,
    customer_account: null,
    customer_creation:
      given.customer !== null ? null : (given.customerCreation ?? creationOf(given.mode)),
    customer_details: null,
    customer_email: given.customerEmail,
    discounts: [],
    expires_at: given.expiresAt ?? created + DAY_S,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: given.metadata,
    mode: given.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: given.mode === 'subscription' ? 'always' : 'if_required',
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_status: 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: given.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: `https://checkout.stripe.com/c/pay/${id}`,
    wallet_options: null,
  }
}

/** A subscription always gets a customer; a payment only when it needs one. */
function creationOf(mode: 'payment' | 'subscription') {
  return mode === 'subscription' ? 'always' : 'if_required'
}

export function newLineItem(price: Price, quantity: number): LineItem {
  const amount = lineAmount(price, quantity)
  return {
    id: newId('li_1', 23),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: price.nickname ?? price.product,
    metadata: {},
    price,
    quantity: isMetered(price) ? null : quantity,
  }
}

export function newPortalSession(
  created: number,
  customer: string,
  returnUrl: string | null,
): PortalSession {
  return {
    id: newId('bps_1', 23),
    object: 'billing_portal.session',
    configuration: newId('bpc_1', 23),
    created,
    customer,
    customer_account: null,
    flow: null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: returnUrl,
    url: `https://billing.stripe.com/p/session/test_${newId('', 56)}`,
  }
}
