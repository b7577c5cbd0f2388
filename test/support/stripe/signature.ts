import { createHmac } from 'node:crypto'

/** Stripe's scheme v1: HMAC-SHA256 in hex over `<time>.<bytes>`, with the time in seconds. */
export function signatureV1(time: number, body: string | Buffer, secret: string): string {
  return createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
}

/** The `Stripe-Signature` header for these bytes, signed `ageS` seconds ago. */
export function signatureHeader(body: string | Buffer, secret: string, ageS = 0): string {
  const time = Math.floor(Date.now() / 1_000) - ageS
  return `t=${time},v1=${signatureV1(time, body, secret)}`
}
