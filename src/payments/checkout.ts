import type Stripe from 'stripe'
import { accountSubject } from '../funds/accounts.ts'
import type { BalanceRow } from '../funds/balances.ts'
import { type StripeCalls, isParameterMissing } from '../stripe/client.ts'
import { chargeFor } from './money.ts'
import { openSession } from '../stripe/sessions.ts'

/** The `metadata.purpose` of sessions whose payment tops up an account. */
export const TOP_UP = 'top_up'

export interface TopUpCheckout {
  amount: bigint
  successUrl: string
  cancelUrl: string
  /** The caller's key: with another key, the same request opens another checkout. */
  idempotencyKey: string | null
  /** Keeps what it is paid with, for automatic top-ups: with this Stripe customer, or a new one. */
  saving: { stripeCustomerId: string | null } | null
}

type Account = Pick<BalanceRow, 'id' | 'asset'>

/**
 * Opens a checkout for a one-off payment. The account is topped up when Stripe reports the payment.
 * If the Stripe customer was deleted, the checkout makes another one.
 * @throws Refusal `ASSET_NOT_PAYABLE`, `VALIDATION_FAILED`, `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export async function openTopUpCheckout(
  stripe: StripeCalls,
  account: Account,
  wanted: TopUpCheckout,
): Promise<{ checkout_session_id: string; url: string }> {
  const open = (some: TopUpCheckout) =>
    openSession(stripe, sessionFor(account, some), [some.idempotencyKey])
  try {
    return await open(wanted)
  } catch (error) {
    if (!isParameterMissing(error, 'customer')) throw error
    return open({ ...wanted, saving: { stripeCustomerId: null } })
  }
}

function sessionFor(
  account: Account,
  { amount, saving, successUrl, cancelUrl }: TopUpCheckout,
): Stripe.Checkout.SessionCreateParams {
  const { currency, minor } = chargeFor(amount, account.asset)
  // Our own id: Stripe need not know the user's id, and ours still works after the user is erased.
  const subject = accountSubject(account)
  const metadata = {
    purpose: TOP_UP,
    account: subject,
    ...(saving !== null && { save_payment_method: 'true' }),
  }
  return {
    mode: 'payment',
    client_reference_id: subject,
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency,
          unit_amount: Number(minor),
          product_data: { name: 'Top-up' },
        },
      },
    ],
    metadata,
    // The metadata of a session does not apply to its payment.
    payment_intent_data: {
      metadata,
      ...(saving !== null && { setup_future_usage: 'off_session' as const }),
    },
    ...(saving !== null && customerFor(saving.stripeCustomerId)),
    success_url: successUrl,
    cancel_url: cancelUrl,
  }
}

function customerFor(id: string | null) {
  return id === null ? { customer_creation: 'always' as const } : { customer: id }
}
