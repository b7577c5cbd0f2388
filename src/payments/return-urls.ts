import { Type } from '@sinclair/typebox'
import type { Config } from '../config.ts'
import { Refusal } from '../refusals.ts'

export const ReturnUrl = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'https: on an origin in CHECKOUT_ORIGINS; http: only to localhost in development.',
  examples: ['https://app.example.com/billing'],
})

export type ReturnUrlRule = Pick<Config, 'checkoutOrigins' | 'production'>

/** What a WHATWG parser would repair or drop in silence, and another reader understand otherwise. */
const REPAIRED = /[\s\\\p{Cc}]/u

/**
 * Checks where a browser may be sent back to, by the exact origin. It is never fetched.
 * @param urls by the name of their field
 * @throws Refusal `VALIDATION_FAILED`
 */
export function checkReturnUrls(urls: Readonly<Record<string, string>>, rule: ReturnUrlRule): void {
  const details = Object.entries(urls)
    .filter(([, text]) => !isAllowed(text, rule))
    .map(([field]) => ({ path: `/${field}`, message: 'is not on an origin in CHECKOUT_ORIGINS' }))
  if (details.length > 0) throw new Refusal('VALIDATION_FAILED', { details })
}

function isAllowed(text: string, rule: ReturnUrlRule): boolean {
  if (REPAIRED.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return false
  const isLocalhost = url.protocol === 'http:' && url.hostname === 'localhost' && !rule.production
  if (url.protocol !== 'https:' && !isLocalhost) return false
  return rule.checkoutOrigins.includes(url.origin)
}
