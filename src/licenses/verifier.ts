import { type KeyObject, createPublicKey, verify } from 'node:crypto'

/*
 * Verifies licences without network and dependencies: copy this one file, or import it as
 * `strongroom/license-verifier`. It needs the public keys (`GET /.well-known/jwks.json`) and, to know
 * revocations, the list (`GET /api/licenses/revocations`). Both may be fetched long before.
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

/** A parsed JSON Web Key Set. */
export interface Jwks {
  readonly keys: readonly object[]
}

export interface VerifyOptions {
  /** The JWKS, parsed or as text. Only these keys are trusted, whatever a token contains. */
  jwks: Jwks | string
  /**
   * The customer whose licence it must be, such as `cust_4fGh7KqL9mNp2RsT`; null accepts any
   * customer's.
   */
  customerId: string | null
  /**
   * The revocation list: the service's answer, parsed or as text, or only its `token`. Without the
   * list, revoked licences are not noticed.
   */
  revocations?: { readonly token: string } | string
  /** Accepts a list after its next update is due, for an instance that has long been offline. */
  acceptStaleRevocations?: boolean
  /** The issuer, if it is not `strongroom`. */
  issuer?: string
  /** How far the clocks may differ, in seconds; 60 by default. */
  leewayS?: number
  /** The time to judge by; now by default. */
  at?: Date
}

export interface ValidLicense {
  valid: true
  licenseId: string
  customerId: string
  plan: string | null
  features: Readonly<Record<string, unknown>>
  /** The maximum of each metric in a calendar month (UTC); other metrics are unlimited. */
  limits: Readonly<Record<string, number>>
  /** The quantity of the plan, such as seats; 1 if the licence does not say. */
  quantity: number
  issuedAt: Date
  expiresAt: Date
  keyId: string
  /**
   * When the revocation list was made, which does not name this licence; null if no list was given.
   */
  notRevokedAsOf: Date | null
}

export type Reason =
  | 'malformed'
  /** The JWKS is malformed. */
  | 'jwks_invalid'
  | 'wrong_type'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_customer'
  | 'not_yet_valid'
  | 'expired'
  | 'revoked'
  /** The text is no revocation list, or no key of the JWKS has signed it. */
  | 'revocations_invalid'
  /** The list's next update is due: fetch it again. */
  | 'revocations_stale'

export interface InvalidLicense {
  valid: false
  reason: Reason
}

/**
 * Decides whether a licence is valid. It never throws, however malformed the token, the keys or the
 * list are. White space around them, as at the end of a file, does not matter.
 */
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
  // A time or leeway that is not a number (NaN) makes every comparison false, so it must refuse.
  if (!(now + leeway >= nbf)) throw new Rejection('not_yet_valid')
  if (!(now - leeway < exp)) throw new Rejection('expired')
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
  // A licence that a stale list names stays revoked; only the others are uncertain.
  if (jtis.includes(licenseId)) throw new Rejection('revoked')
  const leeway = options.leewayS ?? LEEWAY_S
  const isFresh = secondsOf(options) - leeway < exp
  if (!isFresh && options.acceptStaleRevocations !== true) throw new Rejection('revocations_stale')
  return new Date(iat * 1_000)
}

function openList(list: NonNullable<VerifyOptions['revocations']>, options: VerifyOptions) {
  try {
    const answer = isText(list) && list.trim().startsWith('{') ? parseJson(list.trim()) : list
    const token = isRecord(answer) ? answer['token'] : answer
    return open(token, REVOCATIONS_TYPE, options).claims
  } catch (error) {
    throw error instanceof Rejection ? new Rejection('revocations_invalid') : error
  }
}

/** The content of a token with a valid signature and issuer; times are not checked. */
function open(token: unknown, type: string, { jwks, issuer = ISSUER }: VerifyOptions) {
  const [head, body, signature, ...rest] = isText(token) ? token.trim().split('.') : []
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0) {
    throw new Rejection('malformed')
  }
  const header = parseObject(head)
  // The verifier, and not the token, decides the algorithm: `none` and HS256 are rejected here.
  if (header['alg'] !== ALGORITHM) throw new Rejection('wrong_algorithm')
  if (header['typ'] !== type) throw new Rejection('wrong_type')
  // `crit` names extensions that must be understood, and none is. `jwk`, `jku` and `x5c` are never
  // read.
  if ('crit' in header) throw new Rejection('malformed')
  const keyId = header['kid']
  const key = isText(keyId) ? findKey(keysOf(jwks), keyId) : undefined
  if (key === undefined || !isText(keyId)) throw new Rejection('unknown_key')
  const signed = Buffer.from(`${head}.${body}`)
  if (!verify('sha256', signed, key, decode(signature))) throw new Rejection('bad_signature')
  const claims = parseObject(body)
  if (claims['iss'] !== issuer) throw new Rejection('wrong_issuer')
  return { keyId, claims }
}

function keysOf(jwks: VerifyOptions['jwks']): readonly Record<string, unknown>[] {
  const set = isText(jwks) ? parseJson(jwks.trim()) : jwks
  const keys = isRecord(set) ? set['keys'] : undefined
  if (!Array.isArray(keys) || !keys.every(isRecord)) throw new Rejection('jwks_invalid')
  return keys
}

function findKey(keys: ReturnType<typeof keysOf>, keyId: string): KeyObject | undefined {
  for (const { kty, kid, n, e, use = 'sig', alg = ALGORITHM } of keys) {
    const isMeant = kid === keyId && kty === 'RSA' && use === 'sig' && alg === ALGORITHM
    if (!isMeant || !isText(n) || !isText(e)) continue
    const key = publicKey({ kty, n, e })
    if ((key?.asymmetricKeyDetails?.modulusLength ?? 0) >= MODULUS_BITS_MIN) return key
  }
  return undefined
}

function publicKey(key: { kty: string; n: string; e: string }): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    return undefined
  }
}

/**
 * Accepts exactly one text for given bytes: Node itself would skip invalid characters and spare bits.
 */
function decode(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (!BASE64URL.test(text) || bytes.toString('base64url') !== text) {
    throw new Rejection('malformed')
  }
  return bytes
}

function parseObject(text: string): Record<string, unknown> {
  const value = parseJson(decode(text).toString('utf8'))
  if (!isRecord(value)) throw new Rejection('malformed')
  return value
}

/** @returns undefined if the text is not JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
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
