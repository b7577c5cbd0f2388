import { accountSubject } from '../funds/accounts.ts'
import type { BalanceRow } from '../funds/balances.ts'
import type { StripeCalls } from '../stripe/client.ts'
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

/**
 * Opens a checkout for a one-off payment. The account is topped up when Stripe reports the payment.
 * @throws Refusal `ASSET_NOT_PAYABLE`, `VALIDATION_FAILED`, `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
 */
export function openTopUpCheckout(
  stripe: StripeCalls,
  account: Pick<BalanceRow, 'id' | 'asset'>,
  wanted: TopUpCheckout,
): Promise<{ checkout_session_id: string; url: string }> {
  const { currency, minor } = chargeFor(wanted.amount, account.asset)
  // Our own id: Stripe need not know the user's id, and ours still works after the user is erased.
  const subject = accountSubject(account)
  const { saving } = wanted
  const metadata = {
    purpose: TOP_UP,
    account: subject,
    ...(saving !== null && { save_payment_method: 'true' }),
  }
  return openSession(
    stripe,
    {
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
      success_url: wanted.successUrl,
      cancel_url: wanted.cancelUrl,
    },
    [wanted.idempotencyKey],
  )
}

function customerFor(id: string | null) {
  return id === null ? { customer_creation: 'always' as const } : { customer: id }
}
