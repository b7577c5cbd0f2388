import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Tokens } from '../process/config.ts'

/** Stripe's own tolerance, applied here also to times in the future. */
const TOLERANCE_S = 300

/**
 * Checks Stripe's scheme v1 (https://docs.stripe.com/webhooks#verify-manually): HMAC-SHA256 over
 * `<t>.<raw body>`. Any of several `v1` may match, with any secret in use. The SDK's own check
 * accepts times in the future, and throws plain errors for some malformed headers.
 */
export function hasValidSignature(body: Buffer, header: string, secrets: Tokens): boolean {
  const parts = header.split(',').map((part) => part.trim().split('=', 2) as [string, string?])
  const times = parts.filter(([name]) => name === 't')
  const time = times.length === 1 ? times[0]?.[1] : undefined
  if (time === undefined || !/^\d{1,12}$/.test(time)) return false
  if (Math.abs(Math.floor(Date.now() / 1_000) - Number(time)) > TOLERANCE_S) return false

  const given = parts
    .filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/.test(value ?? ''))
    .map(([, value]) => Buffer.from(value ?? '', 'hex'))
  let valid = false
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest()
    for (const candidate of given) {
      if (timingSafeEqual(candidate, expected)) valid = true
    }
  }
  return valid
}
