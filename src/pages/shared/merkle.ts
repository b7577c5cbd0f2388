/** Proofs of the audit log, as its exported verifier checks them, in any browser. */

type Bytes = Uint8Array<ArrayBuffer>

export interface Checkpoint {
  size: number
  root: Bytes
  issuedAt: Date
}

const MODULUS_BITS_MIN = 2_048

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(parts)))
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The hash of a record's bytes as a leaf (RFC 6962). */
export function leafHash(record: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(0), record)
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right)
}

/** Whether a leaf is at `index` in the tree with that size and root (RFC 9162, 2.1.3.2). */
export async function provesInclusion(
  leaf: Bytes,
  index: number,
  tree: { size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
): Promise<boolean> {
  if (index >= tree.size) return false
  let node = index
  let last = tree.size - 1
  let root = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      root = await nodeHash(sibling, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      root = await nodeHash(root, sibling)
    }
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && isSame(root, tree.root)
}

/** The content of a checkpoint's token, or null if no key of the JWKS has signed it. */
export async function openCheckpoint(
  token: string,
  jwks: { readonly keys: readonly object[] },
): Promise<Checkpoint | null> {
  const [head = '', body = '', signature = '', ...rest] = token.trim().split('.')
  const header = fieldsOf(head)
  // The verifier, and not the token, decides the algorithm.
  if (rest.length > 0 || header['alg'] !== 'RS256') return null
  if (header['typ'] !== 'audit-checkpoint+jwt' || 'crit' in header) return null
  const jwk = (jwks.keys as readonly Record<string, unknown>[]).find(
    (one) => one['kty'] === 'RSA' && one['kid'] === header['kid'],
  )
  if (jwk === undefined || typeof header['kid'] !== 'string') return null
  const { n, e } = jwk as { n: string; e: string }
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', { kty: 'RSA', n, e }, algorithm, false, [
    'verify',
  ])
  const { modulusLength = 0 } = key.algorithm as { modulusLength?: number }
  if (modulusLength < MODULUS_BITS_MIN) return null
  const signed = new TextEncoder().encode(`${head}.${body}`)
  if (!(await crypto.subtle.verify(algorithm.name, key, fromBase64Url(signature), signed)))
    return null
  const { iss, iat, size, root } = fieldsOf(body)
  if (iss !== 'strongroom' || typeof root !== 'string' || typeof iat !== 'number') return null
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null
  return { size, root: fromBase64(root), issuedAt: new Date(iat * 1_000) }
}

export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function fromBase64Url(text: string): Bytes {
  try {
    return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return new Uint8Array()
  }
}

function fieldsOf(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(part)))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
