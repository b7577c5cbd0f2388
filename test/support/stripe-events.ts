import { WEBHOOK_SECRET } from './service.ts'
import * as stripe from './stripe/signature.ts'

/** The header Stripe would send for these bytes. */
export function stripeSignature(
  body: string | Buffer,
  { secret = WEBHOOK_SECRET, ageS = 0 }: { secret?: string; ageS?: number } = {},
): string {
  return stripe.signatureHeader(body, secret, ageS)
}

export function signatureV1(
  time: number,
  body: string | Buffer,
  secret: string = WEBHOOK_SECRET,
): string {
  return stripe.signatureV1(time, body, secret)
}

/** A small event of Stripe's shape. */
export function stripeEvent(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'evt_1TestsOfTheInbox',
    object: 'event',
    api_version: '2025-03-31.basil',
    created: 1_790_000_000,
    type: 'customer.subscription.updated',
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: 'sub_1', object: 'subscription', customer: 'cus_1', status: 'active' } },
    ...overrides,
  }
}
