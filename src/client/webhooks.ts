import type { webhooks } from './generated/schema.ts'

type Bodies = {
  [Type in keyof webhooks]: webhooks[Type]['post']['requestBody']['content']['application/json']
}

/**
 * An event as it is sent. Decide by `type`; a newer service may send types that are not listed
 * here.
 */
export type WebhookEvent = Bodies[keyof Bodies]

/** The event of a type: `WebhookEventOf<'funds.low_balance'>`. */
export type WebhookEventOf<Type extends keyof Bodies> = Bodies[Type]

/** Why a message must not be trusted. */
export type WebhookFault = 'headers' | 'timestamp' | 'signature' | 'body'

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
  readonly fault: WebhookFault

  constructor(fault: WebhookFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** Secrets or public keys; several while they are being replaced. One valid signature is enough. */
export type WebhookKeys =
  | { secret: string | readonly string[]; publicKey?: undefined }
  | { publicKey: string | readonly string[]; secret?: undefined }

export type WebhookHeaders =
  Pick<Headers, 'get'> | Readonly<Record<string, string | readonly string[] | undefined>>

export type VerifiedWebhook = {
  /**
   * The id of the event. Repetitions have the same id, so an id that was handled can be ignored.
   */
  id: string
  event: WebhookEvent
}

export interface VerifyOptions {
  /** How many seconds the time of the attempt may differ from now; 300 by default. */
  toleranceSeconds?: number
}

const TOLERANCE_S = 300
const ID = 'webhook-id'
const TIMESTAMP = 'webhook-timestamp'
const SIGNATURE = 'webhook-signature'
/**
 * The service never sends this many. The limit bounds the work, as each signature costs a check.
 */
const SIGNATURES_MAX = 16

/**
 * Verifies a message according to Standard Webhooks 1.0.0, with nothing but Web Crypto.
 * @param rawBody the bytes as they were received: JSON that is parsed and written again may differ
 * @param keys the endpoint's `whsec_…` (`v1`), or its `public_key`, `whpk_…` (`v1a`)
 * @throws WebhookVerificationError; TypeError if a key is malformed
 */
export async function verifyWebhook(
  headers: WebhookHeaders,
  rawBody: string | Uint8Array,
  keys: WebhookKeys,
  { toleranceSeconds = TOLERANCE_S }: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(headers, ID)
  const timestamp = headerOf(headers, TIMESTAMP)
  const given = headerOf(headers, SIGNATURE).split(' ').slice(0, SIGNATURES_MAX)
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError('timestamp', `${TIMESTAMP} is not a time`)
  }
  // A tolerance that is not a number (NaN) makes every comparison false, so it must refuse.
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= toleranceSeconds)) {
    throw new WebhookVerificationError('timestamp', `${TIMESTAMP} is too far from now`)
  }
  const body = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : rawBody
  const content = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body)
  if (!(await isSigned(content, given, keys))) {
    throw new WebhookVerificationError('signature', 'No signature was made with the key')
  }
  try {
    return { id, event: JSON.parse(new TextDecoder().decode(body)) as WebhookEvent }
  } catch {
    throw new WebhookVerificationError('body', 'The body is not JSON')
  }
}

type Bytes = Uint8Array<ArrayBuffer>

async function isSigned(
  content: Bytes,
  given: readonly string[],
  { secret, publicKey }: WebhookKeys,
): Promise<boolean> {
  const isAsymmetric = secret === undefined
  const version = isAsymmetric ? 'v1a,' : 'v1,'
  const signatures = given
    .filter((one) => one.startsWith(version))
    .map((one) => bytesOf(one.slice(version.length)))
  for (const text of [isAsymmetric ? publicKey : secret].flat()) {
    const key = isAsymmetric ? await importPublic(text) : await importSecret(text)
    for (const signature of signatures) {
      const isIts =
        signature !== null && (await crypto.subtle.verify(key.algorithm, key, signature, content))
      if (isIts) return true
    }
  }
  return false
}

function importSecret(text: string) {
  const bytes = text.startsWith('whsec_') ? bytesOf(text.slice('whsec_'.length)) : null
  if (bytes === null || bytes.length === 0) throw new TypeError('The secret is not a whsec_…')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
}

function importPublic(text: string) {
  const bytes = text.startsWith('whpk_') ? bytesOf(text.slice('whpk_'.length)) : null
  if (bytes?.length !== 32) throw new TypeError('The public key is not a whpk_…')
  return crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify'])
}

/** @returns null if the text is not base64 */
function bytesOf(text: string): Bytes | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function joined(first: Uint8Array, second: Uint8Array): Bytes {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}

/** Header names are compared without case. A header that came twice counts as missing. */
function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isHeaders(headers)
    ? headers.get(name)
    : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  if (typeof value !== 'string' || value === '') {
    throw new WebhookVerificationError('headers', `${name} is missing`)
  }
  return value
}

function isHeaders(headers: WebhookHeaders): headers is Pick<Headers, 'get'> {
  return typeof headers.get === 'function'
}
