import { createPublicKey, hash, verify } from 'node:crypto'

/*
 * Verifies the audit log without network, database and dependencies: copy this one file. The log is a
 * Merkle tree as RFC 6962 defines it. Its leaves are the lines of an export, in order. A checkpoint
 * is a signed statement of the number of leaves and of the tree's root.
 */

/** The `iss` and the `typ` of a checkpoint. */
export const ISSUER = 'strongroom'
export const CHECKPOINT_TYPE = 'audit-checkpoint+jwt'

const MODULUS_BITS_MIN = 2_048

export interface Checkpoint {
  /** How many records the log had. */
  size: number
  root: Buffer
  issuedAt: Date
}

/** The hash of a leaf: of a record's bytes without the line break. */
export function leafHash(record: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(0), record]), 'buffer')
}

/** The hash of two neighbouring subtrees. */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(1), left, right], 65), 'buffer')
}

/** The root of a tree that grows leaf by leaf, in memory that grows only with its height. */
export function growingTree() {
  /** The complete subtrees so far, from large to small, like the binary digits of the size. */
  const peaks: Buffer[] = []
  let size = 0
  return {
    size: () => size,
    add: (leaf: Buffer): void => {
      let peak = leaf
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
        peak = nodeHash(peaks.pop() ?? peak, peak)
      }
      peaks.push(peak)
      size++
    },
    root: (): Buffer => {
      const last = peaks.at(-1) ?? hash('sha256', '', 'buffer')
      return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
    },
  }
}

/** Whether a leaf is at `index` in the tree with that size and root (RFC 9162, 2.1.3.2). */
export function provesInclusion(
  leaf: Buffer,
  index: number,
  tree: { size: number; root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (index >= tree.size) return false
  let node = index
  let last = tree.size - 1
  let root = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      root = nodeHash(root, sibling)
    }
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && root.equals(tree.root)
}

/** Whether the second tree begins with the first (RFC 9162, 2.1.4.2). */
export function provesConsistency(
  first: { size: number; root: Buffer },
  second: { size: number; root: Buffer },
  proof: readonly Buffer[],
): boolean {
  if (first.size === second.size) return proof.length === 0 && first.root.equals(second.root)
  if (first.size < 1 || first.size > second.size) return false
  let node = first.size - 1
  let last = second.size - 1
  while (node % 2 === 1) [node, last] = [(node - 1) / 2, Math.floor(last / 2)]
  // If the first tree is one complete subtree, its root is the start; otherwise the proof begins with
  // the start.
  const [start, ...rest] = node === 0 ? [first.root, ...proof] : proof
  if (start === undefined) return false
  let [firstRoot, secondRoot] = [start, start]
  for (const sibling of rest) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      firstRoot = nodeHash(sibling, firstRoot)
      secondRoot = nodeHash(sibling, secondRoot)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      secondRoot = nodeHash(secondRoot, sibling)
    }
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && firstRoot.equals(first.root) && secondRoot.equals(second.root)
}

/** The content of a checkpoint's token, or null if no key of the JWKS has signed it. */
export function openCheckpoint(
  token: string,
  jwks: { readonly keys: readonly object[] },
): Checkpoint | null {
  const [head = '', body = '', signature = '', ...rest] = token.trim().split('.')
  const header = parse(head)
  // The verifier, and not the token, decides the algorithm.
  if (rest.length > 0 || header['alg'] !== 'RS256' || header['typ'] !== CHECKPOINT_TYPE) return null
  if ('crit' in header) return null
  const jwk = (jwks.keys as readonly Record<string, unknown>[]).find(
    (one) => one['kty'] === 'RSA' && one['kid'] === header['kid'],
  )
  if (jwk === undefined || typeof header['kid'] !== 'string') return null
  const { n, e } = jwk as { n: string; e: string }
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MODULUS_BITS_MIN) return null
  const signed = Buffer.from(`${head}.${body}`)
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) return null
  const { iss, iat, size, root } = parse(body)
  if (iss !== ISSUER || typeof root !== 'string' || typeof iat !== 'number') return null
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null
  return { size, root: Buffer.from(root, 'base64'), issuedAt: new Date(iat * 1_000) }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
