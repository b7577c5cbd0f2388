/*
 * Verifies the audit log, its checkpoints and its proofs without network, database or dependencies:
 * copy this one file. It needs WebCrypto with Ed25519, which Node.js 20 and today's browsers have.
 *
 * The log is a Merkle tree as RFC 6962 defines it. Its leaves are the lines of an export, in order. A
 * checkpoint is a signed statement of the number of leaves and of the tree's root. It is a JWT, or
 * a signed note (C2SP's signed-note and tlog-checkpoint), which witnesses cosign
 * (tlog-cosignature).
 */

/** The `iss` and the `typ` of a checkpoint that is a JWT. */
export const ISSUER = 'strongroom'
export const CHECKPOINT_TYPE = 'audit-checkpoint+jwt'

const MODULUS_BITS_MIN = 2_048
const HASH_BYTES = 32
/** Longer notes and proofs are refused, which bounds the work: it is linear in their length. */
const TEXT_MAX = 1 << 20
const PROOF_HASHES_MAX = 63
const DATE_MS_MAX = 8.64e15

type Bytes = Uint8Array
/**
 * The type that WebCrypto takes. The DOM's types exclude shared memory, which is never used here.
 */
type Owned = Uint8Array<ArrayBuffer>

const owned = (bytes: Bytes): Owned => bytes as Owned

const encoder = new TextEncoder()

export interface Checkpoint {
  /** How many records the log had. */
  size: number
  root: Bytes
  issuedAt: Date
}

/** The hash of a leaf. The leaf is a record's bytes without the line break. */
export function leafHash(record: Bytes): Promise<Bytes> {
  return sha256(Uint8Array.of(0), record)
}

/** The hash of two neighbouring subtrees. */
export function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(Uint8Array.of(1), left, right)
}

/** The root of the tree of these leaves. Memory grows only with the tree's height. */
export async function rootOfLeaves(leaves: Iterable<Bytes> | AsyncIterable<Bytes>): Promise<Bytes> {
  /** The complete subtrees so far, from large to small, like the binary digits of the size. */
  const peaks: Bytes[] = []
  let size = 0
  for await (const leaf of leaves) {
    let peak = leaf
    for (let rest = size++; rest % 2 === 1; rest = (rest - 1) / 2) {
      peak = await nodeHash(peaks.pop() ?? peak, peak)
    }
    peaks.push(peak)
  }
  let root = peaks.pop() ?? (await sha256())
  for (const peak of peaks.toReversed()) root = await nodeHash(peak, root)
  return root
}

/** Whether a leaf is at `index`, counted from 0, in the tree with that size and root (RFC 9162, 2.1.3.2). */
export async function provesInclusion(
  leaf: Bytes,
  index: number,
  tree: { size: number; root: Bytes },
  proof: readonly Bytes[],
): Promise<boolean> {
  if (!isCount(index) || !isCount(tree.size) || index >= tree.size) return false
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

/** Whether the second tree begins with the first (RFC 9162, 2.1.4.2). */
export async function provesConsistency(
  first: { size: number; root: Bytes },
  second: { size: number; root: Bytes },
  proof: readonly Bytes[],
): Promise<boolean> {
  if (!isCount(first.size) || !isCount(second.size)) return false
  if (first.size === second.size) return proof.length === 0 && isSame(first.root, second.root)
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
      firstRoot = await nodeHash(sibling, firstRoot)
      secondRoot = await nodeHash(sibling, secondRoot)
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      secondRoot = await nodeHash(secondRoot, sibling)
    }
    ;[node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 && isSame(firstRoot, first.root) && isSame(secondRoot, second.root)
}

/** The content of a checkpoint that is a JWT, or null if no key of the JWKS has signed it. */
export async function openCheckpoint(
  token: string,
  jwks: { readonly keys: readonly object[] },
): Promise<Checkpoint | null> {
  const [head = '', body = '', signature = '', ...rest] = token.trim().split('.')
  const header = fieldsOf(head)
  // The verifier, and not the token, decides the algorithm.
  if (rest.length > 0 || header['alg'] !== 'RS256' || header['typ'] !== CHECKPOINT_TYPE) return null
  if ('crit' in header) return null
  const jwk = (jwks.keys as readonly Record<string, unknown>[]).find(
    (one) => one['kty'] === 'RSA' && one['kid'] === header['kid'],
  )
  const bytes = fromBase64Url(signature)
  if (jwk === undefined || typeof header['kid'] !== 'string' || bytes === null) return null
  const { n, e } = jwk as { n: string; e: string }
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', { kty: 'RSA', n, e }, algorithm, false, [
    'verify',
  ])
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  if ((modulusLength ?? 0) < MODULUS_BITS_MIN) return null
  const signed = encoder.encode(`${head}.${body}`)
  if (!(await crypto.subtle.verify(algorithm.name, key, owned(bytes), signed))) return null
  const { iss, iat, size, root } = fieldsOf(body)
  if (iss !== ISSUER || typeof root !== 'string' || typeof iat !== 'number') return null
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null
  const hash = fromBase64(root)
  return hash === null ? null : { size, root: hash, issuedAt: new Date(iat * 1_000) }
}

/** The kinds of keys, by type byte. Cosignatures of other kinds are ignored like unknown keys. */
export const KEY_TYPES = { log: 1, cosignature: 4, cosignatureMlDsa44: 6 } as const

export interface NoteKey {
  /** For a log's key, this is the origin of its checkpoints. */
  name: string
  /** 8 hexadecimal digits. */
  id: string
  type: number
  key: Bytes
}

/** A verifier key, `<name>+<id>+<base64 of type and key>`; null for anything else. */
export async function readKey(vkey: string): Promise<NoteKey | null> {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(vkey)
  const material = fromBase64(match?.[3] ?? '')
  const type = material?.[0]
  if (match === null || material === null || type === undefined) return null
  const [, name = '', id = ''] = match
  const found = { name, id, type, key: material.slice(1) }
  const length = { 1: 32, 4: 32, 6: 1_312 }[type]
  if (length === undefined) return found
  return found.key.length === length && (await keyId(found)) === id ? found : null
}

/** The id of a key: the first 4 bytes of a hash over its name, type and bytes. */
export async function keyId({ name, type, key }: Omit<NoteKey, 'id'>): Promise<string> {
  const hash = await sha256(encoder.encode(`${name}\n`), Uint8Array.of(type), key)
  return hexOf(hash.slice(0, 4))
}

export interface SignedNote {
  origin: string
  size: number
  root: Bytes
  /** The signed text. Its first three lines are the three fields above. */
  body: string
  signatures: readonly { name: string; id: string; signature: Bytes }[]
}

/** Parses a checkpoint that is a signed note. It does not verify any signature. */
export function readNote(text: string): SignedNote | null {
  const end = text.lastIndexOf('\n\n')
  // oxlint-disable-next-line no-control-regex
  if (end === -1 || text.length > TEXT_MAX || /[\0-\x09\x0b-\x1f]/.test(text)) return null
  const body = text.slice(0, end + 1)
  const [origin = '', size = '', root = '', ...extensions] = body.slice(0, -1).split('\n')
  const hash = fromBase64(root)
  if (origin === '' || !isDecimal(size) || hash?.length !== HASH_BYTES) return null
  if (extensions.includes('') || !text.endsWith('\n')) return null
  const signatures = []
  for (const line of text.slice(end + 2, -1).split('\n')) {
    const match = /^\u2014 ([^+\s]+) (\S+)$/u.exec(line)
    const bytes = fromBase64(match?.[2] ?? '')
    if (match === null || bytes === null || bytes.length < 5) return null
    const id = hexOf(bytes.slice(0, 4))
    signatures.push({ name: match[1] ?? '', id, signature: bytes.slice(4) })
  }
  return { origin, size: Number(size), root: hash, body, signatures }
}

/** A checkpoint that is a signed note; null unless the log with this key has signed it. */
export async function openNote(text: string, log: NoteKey): Promise<SignedNote | null> {
  const note = readNote(text)
  if (note === null || note.origin !== log.name || log.type !== KEY_TYPES.log) return null
  const own = note.signatures.filter(({ name, id }) => name === log.name && id === log.id)
  const verified = await Promise.all(
    own.map(({ signature }) => hasSigned(log.key, signature, encoder.encode(note.body))),
  )
  return verified.length > 0 && verified.every(Boolean) ? note : null
}

/** When the witness with this key cosigned; null if it has not, undefined if its cosignature is false. */
export async function cosignedAt(note: SignedNote, key: NoteKey): Promise<Date | null | undefined> {
  if (key.type !== KEY_TYPES.cosignature) return null
  let newest: number | null = null
  for (const { name, id, signature } of note.signatures) {
    if (name !== key.name || id !== key.id) continue
    const time = signature.length === 72 ? timeIn(signature) : null
    if (time === null) return undefined
    const message = encoder.encode(`cosignature/v1\ntime ${time}\n${note.body}`)
    if (!(await hasSigned(key.key, signature.slice(8), message))) return undefined
    newest = Math.max(newest ?? 0, time)
  }
  return newest === null ? null : new Date(newest * 1_000)
}

export interface Witness {
  /** Its name in the policy; the name of its key may differ. */
  name: string
  key: NoteKey
  url: string | null
}

/** Which logs and witnesses are trusted, and which witnesses are enough (C2SP's tlog-policy). */
export interface Policy {
  logs: readonly { key: NoteKey; url: string | null }[]
  witnesses: readonly Witness[]
  /** Whether the witnesses with these names are enough. */
  isQuorum(names: ReadonlySet<string>): boolean
}

/** A fault in a policy; the message names the line. */
export class PolicyFault extends Error {}

/** @throws PolicyFault */
export async function readPolicy(text: string): Promise<Policy> {
  const logs: { key: NoteKey; url: string | null }[] = []
  const witnesses: Witness[] = []
  const rules = new Map<string, (names: ReadonlySet<string>) => boolean>()
  const members = new Set<string>()
  let quorum: ((names: ReadonlySet<string>) => boolean) | undefined

  for (const [index, line] of text.split('\n').entries()) {
    const fault = (what: string) => new PolicyFault(`line ${index + 1}: ${what}`)
    // oxlint-disable-next-line no-control-regex
    if (/[\0-\x08\x0b-\x1f\x7f]/.test(line)) throw fault('has a control character')
    const items = line.split(/[ \t]+/).filter((item) => item !== '')
    const [keyword = '#', ...values] = items
    if (keyword.startsWith('#')) continue
    const define = (name: string, rule: (names: ReadonlySet<string>) => boolean) => {
      if (name === 'none') throw fault('`none` can not be defined')
      if (rules.has(name)) throw fault(`\`${name}\` is defined twice`)
      rules.set(name, rule)
    }
    const known = (name: string) => {
      const rule = rules.get(name)
      if (rule === undefined) throw fault(`\`${name}\` is not defined above`)
      return rule
    }
    const keyOf = async (vkey: string, others: readonly { key: NoteKey }[], types: string) => {
      const key = await readKey(vkey)
      if (key === null) throw fault('has no valid verifier key of the form <name>+<id>+<key>')
      if (types === 'log' ? key.type === KEY_TYPES.cosignature : key.type < KEY_TYPES.cosignature) {
        throw fault(`has a key of a kind that a ${types} does not have`)
      }
      if (others.some((other) => isSame(other.key.key, key.key))) throw fault('repeats a key')
      return key
    }
    if (keyword === 'log') {
      if (values.length < 1 || values.length > 2) throw fault('must be: log <vkey> [<url>]')
      logs.push({ key: await keyOf(values[0] ?? '', logs, 'log'), url: values[1] ?? null })
    } else if (keyword === 'witness') {
      const [name = '', vkey = '', url = null] = values
      if (values.length < 2 || values.length > 3) {
        throw fault('must be: witness <name> <vkey> [<url>]')
      }
      const key = await keyOf(vkey, witnesses, 'witness')
      define(name, (names) => names.has(name))
      witnesses.push({ name, key, url })
    } else if (keyword === 'group') {
      const [name = '', threshold = '', ...listed] = values
      if (listed.length === 0) throw fault('must be: group <name> <number|any|all> <member>…')
      const needed = { any: 1, all: listed.length }[threshold] ?? Number(threshold)
      const isNumber = isDecimal(threshold) || threshold === 'any' || threshold === 'all'
      if (!isNumber || needed < 1 || needed > listed.length) {
        throw fault(`\`${threshold}\` is not any, all or a number from 1 to ${listed.length}`)
      }
      const own = listed.map((member) => {
        if (members.has(member)) throw fault(`\`${member}\` is a member already`)
        members.add(member)
        return known(member)
      })
      define(name, (names) => own.filter((rule) => rule(names)).length >= needed)
    } else if (keyword === 'quorum') {
      if (values.length !== 1) throw fault('must be: quorum <name|none>')
      if (quorum !== undefined) throw fault('is a second quorum')
      quorum = values[0] === 'none' ? () => true : known(values[0] ?? '')
    } else {
      throw fault(`\`${keyword}\` is not log, witness, group or quorum`)
    }
  }
  if (quorum === undefined) throw new PolicyFault('the quorum line is missing')
  return { logs, witnesses, isQuorum: quorum }
}

/** The result of checking a checkpoint's cosignatures against a policy. */
export interface Witnessed {
  isQuorum: boolean
  /** When each witness cosigned, by its name in the policy. */
  times: ReadonlyMap<string, Date>
  /** The witnesses whose cosignatures are false. A checkpoint with one of them must be rejected. */
  forged: readonly string[]
}

/** Checks which witnesses of a policy have cosigned a checkpoint, and whether that is a quorum. */
export async function witnessed(note: SignedNote, policy: Policy): Promise<Witnessed> {
  const times = new Map<string, Date>()
  const forged: string[] = []
  for (const { name, key } of policy.witnesses) {
    const time = await cosignedAt(note, key)
    if (time === undefined) forged.push(name)
    else if (time !== null) times.set(name, time)
  }
  return { isQuorum: forged.length === 0 && policy.isQuorum(new Set(times.keys())), times, forged }
}

export type ProofVerdict =
  | { valid: true; record: string; index: number; note: SignedNote; times: readonly Date[] }
  | { valid: false; reason: string }

/**
 * Verifies a proof in the format of C2SP's tlog-proof, whose `extra` is the record itself.
 * @param trust the keys of the accepted logs, and a policy if witnesses are required too
 */
export async function verifyProof(
  text: string,
  trust: { logs: readonly NoteKey[]; policy?: Policy | undefined },
): Promise<ProofVerdict> {
  const invalid = (reason: string): ProofVerdict => ({ valid: false, reason })
  const end = text.indexOf('\n\n')
  const [version, extra = '', index = '', ...lines] = text.slice(0, Math.max(0, end)).split('\n')
  const record = extra.startsWith('extra ') ? fromBase64(extra.slice(6)) : null
  const hashes = lines.map(fromBase64).filter((hash) => hash?.length === HASH_BYTES)
  if (version !== 'c2sp.org/tlog-proof@v1' || text.length > TEXT_MAX)
    return invalid('it is not a proof')
  if (record === null || !index.startsWith('index ') || !isDecimal(index.slice(6))) {
    return invalid('it lacks its record or its number')
  }
  if (hashes.length < lines.length || hashes.length > PROOF_HASHES_MAX) {
    return invalid('its hashes are malformed')
  }
  const opened = await Promise.all(trust.logs.map((log) => openNote(text.slice(end + 2), log)))
  const note = opened.find((one) => one !== null) ?? null
  if (note === null) return invalid('its checkpoint is not signed by the key of the log')
  const place = Number(index.slice(6))
  if (!(await provesInclusion(await leafHash(record), place, note, hashes as Bytes[]))) {
    return invalid('its record is not in the log that its checkpoint was signed for')
  }
  const seen = trust.policy === undefined ? null : await witnessed(note, trust.policy)
  const [forged] = seen?.forged ?? []
  if (forged !== undefined) return invalid(`the cosignature of ${forged} is false`)
  if (seen?.isQuorum === false)
    return invalid('too few of the witnesses have cosigned its checkpoint')
  const content = new TextDecoder().decode(record)
  return {
    valid: true,
    record: content,
    index: place,
    note,
    times: [...(seen?.times.values() ?? [])],
  }
}

/** Whether two arrays hold the same bytes. */
export function isSame(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

async function sha256(...parts: Bytes[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole))
}

function hexOf(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function hasSigned(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', owned(key), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, owned(signature), owned(message))
  } catch {
    // The bytes are not a valid key.
    return false
  }
}

/** The seconds in the first 8 bytes of a cosignature; null if a Date can't have them. */
function timeIn(signature: Bytes): number | null {
  const seconds = signature.slice(0, 8).reduce((sum, byte) => sum * 256 + byte, 0)
  return seconds * 1_000 <= DATE_MS_MAX ? seconds : null
}

/** The arithmetic of the proofs is for whole numbers only: others could take another leaf's path. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function isDecimal(text: string): boolean {
  return /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
}

/** Decodes canonical base64 with padding; null for anything else. */
function fromBase64(text: string): Bytes | null {
  try {
    const binary = atob(text)
    if (btoa(binary) !== text) return null
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function fromBase64Url(text: string): Bytes | null {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='))
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(text) ?? undefined))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
