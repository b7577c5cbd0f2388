import { type KeyObject, createPublicKey, verify } from 'node:crypto'

/*
 * Verifies licences with no network and no dependency: copy this one file, or import it as
 * `strongroom/license-verifier`. It needs the public keys, `GET /.well-known/jwks.json`, and, to know
 * what was revoked, the list, `GET /api/licenses/revocations`. Both may be fetched long before.
 */

/** The `iss` of everything that Strongroom signs. */
export const ISSUER = 'strongroom'
/** The `typ` of each kind of token, so that none passes for another. */
export const LICENSE_TYPE = 'license+jwt'
export const REVOCATIONS_TYPE = 'license-revocations+jwt'

const ALGORITHM = 'RS256'
export const LEEWAY_S = 60
const MODULUS_BITS_MIN = 2_048
const BASE64URL = /^[A-Za-z0-9_-]+$/

export interface VerifyOptions {
  /** The JWKS, parsed: `{ "keys": […] }`. Only these are trusted, whatever a token carries. */
  jwks: { readonly keys: readonly object[] }
  /** Whose licence it must be, such as `cust_4fGh7KqL9mNp2RsT`; null accepts anybody's. */
  customerId: string | null
  /** The `token` of the revocation list. Without it nothing is known of revocations. */
  revocations?: string
  /** Accepts a list past its next update, for an instance that has long been offline. */
  acceptStaleRevocations?: boolean
  /** The issuer, if it is another than `strongroom`. */
  issuer?: string
  /** How far the clocks may be apart, in seconds; 60 if not said. */
  leewayS?: number
  /** The time to judge by; now if not said. */
  at?: Date
}

export interface ValidLicense {
  valid: true
  licenseId: string
  customerId: string
  plan: string | null
  features: Readonly<Record<string, unknown>>
  /** The most of each metric in a calendar month (UTC); a metric not named is unlimited. */
  limits: Readonly<Record<string, number>>
  /** How many of the plan, such as seats; 1 where the licence does not say. */
  quantity: number
  issuedAt: Date
  expiresAt: Date
  keyId: string
  /** When the revocation list was made that does not name it; null if none was given. */
  notRevokedAsOf: Date | null
}

export type Reason =
  | 'malformed'
  | 'wrong_type'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_customer'
  | 'not_yet_valid'
  | 'expired'
  | 'revoked'
  /** The list is none, or not signed by a key of the JWKS. */
  | 'revocations_invalid'
  /** The list's next update is over: fetch it again. */
  | 'revocations_stale'

export interface InvalidLicense {
  valid: false
  reason: Reason
}

/** Decides whether a licence holds. It throws for no token, however it is broken. */
export function verifyLicense(
  token: string,
  options: VerifyOptions,
): ValidLicense | InvalidLicense {
  try {
    return accept(token, options)
  } catch (error) {
    if (error instanceof Rejection) return { valid: false, reason: error.reason }
    throw error
  }
}

class Rejection extends Error {
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason)
    this.reason = reason
  }
}

function accept(token: string, options: VerifyOptions): ValidLicense {
  const { keyId, claims } = open(token, LICENSE_TYPE, options)
  const { sub, jti, plan, features, limits, quantity = 1, iat, nbf, exp } = claims
  const isComplete = isText(sub) && isText(jti) && isRecord(features) && isRecord(limits)
  const isTimed = isTime(iat) && isTime(nbf) && isTime(exp)
  const isCounted = Number.isSafeInteger(quantity)
  if (!isComplete || !isTimed || !isCounted || !(plan === null || isText(plan))) {
    throw new Rejection('malformed')
  }
  if (options.customerId !== null && sub !== options.customerId) {
    throw new Rejection('wrong_customer')
  }
  const now = secondsOf(options)
  const leeway = options.leewayS ?? LEEWAY_S
  if (now + leeway < nbf || now + leeway < iat) throw new Rejection('not_yet_valid')
  if (now - leeway >= exp) throw new Rejection('expired')
  return {
    valid: true,
    licenseId: jti,
    customerId: sub,
    plan,
    features,
    limits: limits as Record<string, number>,
    quantity: quantity as number,
    issuedAt: new Date(iat * 1_000),
    expiresAt: new Date(exp * 1_000),
    keyId,
    notRevokedAsOf: notRevokedAsOf(jti, options),
  }
}

function notRevokedAsOf(licenseId: string, options: VerifyOptions): Date | null {
  if (options.revocations === undefined) return null
  const { iat, exp, jtis } = openList(options.revocations, options)
  if (!isTime(iat) || !isTime(exp) || !Array.isArray(jtis) || !jtis.every(isText)) {
    throw new Rejection('revocations_invalid')
  }
  // What a stale list names stays revoked; only what it does not name is uncertain.
  if (jtis.includes(licenseId)) throw new Rejection('revoked')
  const leeway = options.leewayS ?? LEEWAY_S
  const isStale = secondsOf(options) - leeway >= exp
  if (isStale && options.acceptStaleRevocations !== true) throw new Rejection('revocations_stale')
  return new Date(iat * 1_000)
}

function openList(token: string, options: VerifyOptions): Record<string, unknown> {
  try {
    return open(token, REVOCATIONS_TYPE, options).claims
  } catch (error) {
    throw error instanceof Rejection ? new Rejection('revocations_invalid') : error
  }
}

/** What a token says, once its signature and its issuer are found good; times are not looked at. */
function open(token: string, type: string, { jwks, issuer = ISSUER }: VerifyOptions) {
  const [head, body, signature, ...rest] = typeof token === 'string' ? token.split('.') : []
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0) {
    throw new Rejection('malformed')
  }
  const header = parseObject(head)
  // The algorithm is ours and not the token's to choose: `none` and HS256 end here.
  if (header['alg'] !== ALGORITHM) throw new Rejection('wrong_algorithm')
  if (header['typ'] !== type) throw new Rejection('wrong_type')
  // An extension that must be understood, and none is. `jwk`, `jku` and `x5c` are never read.
  if ('crit' in header) throw new Rejection('malformed')
  const keyId = header['kid']
  const key = isText(keyId) ? findKey(jwks, keyId) : undefined
  if (key === undefined || !isText(keyId)) throw new Rejection('unknown_key')
  const signed = Buffer.from(`${head}.${body}`)
  if (!verify('sha256', signed, key, decode(signature))) throw new Rejection('bad_signature')
  const claims = parseObject(body)
  if (claims['iss'] !== issuer) throw new Rejection('wrong_issuer')
  return { keyId, claims }
}

function findKey(jwks: VerifyOptions['jwks'], keyId: string): KeyObject | undefined {
  for (const candidate of jwks.keys as readonly Record<string, unknown>[]) {
    const { kty, kid, n, e, use = 'sig', alg = ALGORITHM } = candidate
    const isMeant = kid === keyId && kty === 'RSA' && use === 'sig' && alg === ALGORITHM
    if (!isMeant || !isText(n) || !isText(e)) continue
    const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' })
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) >= MODULUS_BITS_MIN) return key
  }
  return undefined
}

/** Exactly one text for each bytes: Node itself would skip what is no base64url, and spare bits. */
function decode(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (!BASE64URL.test(text) || bytes.toString('base64url') !== text) {
    throw new Rejection('malformed')
  }
  return bytes
}

function parseObject(text: string): Record<string, unknown> {
  const json = decode(text).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Rejection('malformed')
  }
  if (!isRecord(value)) throw new Rejection('malformed')
  return value
}

function secondsOf({ at }: VerifyOptions): number {
  return (at?.getTime() ?? Date.now()) / 1_000
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
