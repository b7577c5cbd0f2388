import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../process/config.ts'
import type { StripeCalls } from './client.ts'
import { Refusal } from '../refusals/index.ts'

export const ReturnUrl = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.',
  examples: ['https://app.example.com/billing'],
})

export type ReturnUrlRule = Pick<Config, 'checkoutOrigins' | 'production'> & {
  /** The origin of our own page, where one has sent the request. */
  ownOrigin?: string | undefined
}

/** Characters that a WHATWG parser repairs or drops silently, and other parsers read differently. */
const REPAIRED = /[\s\\\p{Cc}]/u

/**
 * Stripe's client, for a call that sends a browser to Stripe and back to one of these URLs. The URLs
 * must have an allowed origin, and are never fetched. A server without Stripe or without allowed
 * origins says so first, because no URL could be right.
 * @param urls by the name of their field
 * @throws Refusal `VALIDATION_FAILED` or `STRIPE_NOT_CONFIGURED`
 */
export function stripeReturningTo(
  app: Pick<FastifyInstance, 'stripe' | 'hasStripe'>,
  urls: Readonly<Record<string, string>>,
  rule: ReturnUrlRule,
): StripeCalls {
  if (app.hasStripe || rule.checkoutOrigins.length > 0) requireReturnUrls(urls, rule)
  return app.stripe()
}

/** @throws Refusal `VALIDATION_FAILED` for a URL without an allowed origin */
export function requireReturnUrls(
  urls: Readonly<Record<string, string>>,
  rule: ReturnUrlRule,
): void {
  const details = Object.entries(urls)
    .filter(([, text]) => !isAllowed(text, rule))
    .map(([field]) => ({ path: `/${field}`, message: 'is not on an origin in CHECKOUT_ORIGINS' }))
  if (details.length > 0) throw new Refusal('VALIDATION_FAILED', { details })
}

function isAllowed(text: string, rule: ReturnUrlRule): boolean {
  if (REPAIRED.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  if (url.origin === rule.ownOrigin) return true
  const isLocalhost = url.protocol === 'http:' && url.hostname === 'localhost' && !rule.production
  if (url.protocol !== 'https:' && !isLocalhost) return false
  return rule.checkoutOrigins.includes(url.origin)
}
