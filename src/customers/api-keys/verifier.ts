import { hash, randomBytes } from 'node:crypto'
import { inTime } from '../../scheduling/in-time.ts'
import { matchesHash } from './hashing.ts'
import type { KeyCheck } from './metrics.ts'
import type { Note } from './notes.ts'
import type { KeyDigest, Peppers } from './peppers.ts'
import type { CredentialState } from './states.ts'
import type { Verifier } from '../../auth/verifier.ts'

interface KnownKey<Holder> {
  /** The last known state of the key and its owner in the database. */
  state: CredentialState<Holder>
  readAt: number
  /** How many changes have been announced. */
  doubts: number
  /** A reading that began after the last announcement. */
  reading: Promise<CredentialState<Holder> | null> | null
  notedAt: number
  /** The digest that should replace the one in its row, if any. */
  newDigest: KeyDigest | null
}

export interface VerifierMeans<Holder> {
  /** The id in a well-formed key; null for any other text. */
  parse: (presented: string) => string | null
  read: (id: string) => Promise<CredentialState<Holder> | undefined>
  note: (id: string, note: Note) => void
  count: (check: KeyCheck) => void
  /** Called for keys that were known, and are no longer valid. */
  refused?: (id: string) => void
  peppers: Peppers
}

/**
 * Known keys are read again once in each epoch in which they are used, many in one statement. The
 * reading runs behind the first call of an epoch; if the key was not used in the epoch before, the
 * call waits for it. Changes are announced to every replica at once. Announcements can be lost, and
 * then a revoked key works for two epochs at most.
 */
const EPOCH_MS = 250
const KNOWN_MAX = 20_000
const NOTE_INTERVAL_MS = 60_000
/** A slow hash that takes longer, including its wait, continues for the next call with the key. */
const HASH_WAIT_MS_MAX = 4_000

/**
 * Checks a key or token once against the digest in its row, and then recognises it by a digest with a
 * secret of this process. Memory holds neither the key nor anything that could be used as one.
 */
export function credentialVerifier<Holder>(means: VerifierMeans<Holder>): Verifier<Holder> {
  const { parse, read, note, count, refused, peppers } = means
  type State = CredentialState<Holder>
  type Known = KnownKey<Holder>
  // Hashed before each key, with a fixed length. The digests are never shown, so a caller can't
  // extend one.
  const secret = randomBytes(32).toString('hex')
  const epochStart = Math.floor(Math.random() * EPOCH_MS)
  const known = new Map<string, Known>()
  /** Running slow hashes: many requests with one key share one. */
  const hashing = new Map<string, Promise<boolean>>()

  function verify(presented: string): Holder | null | Promise<Holder | null> {
    const name = hash('sha256', secret + presented, 'base64')
    const entry = known.get(name)
    if (entry === undefined) return verifyUnknown(name, presented)
    count('known')
    const age = ageOf(entry)
    if (age > 1) return recall(name, entry).then((state) => admit(entry, state))
    // A failure is reported to the call that has to wait for the next reading.
    if (age === 1 && entry.reading === null) recall(name, entry).catch(() => undefined)
    return admit(entry, entry.state)
  }

  async function verifyUnknown(name: string, presented: string): Promise<Holder | null> {
    const id = parse(presented)
    if (id === null) {
      count('malformed')
      return null
    }
    const readAt = Date.now()
    const state = await read(id)
    const isOwn = peppers.check(presented, state)
    const isGood =
      state !== undefined && isUsable(state) && (isOwn ?? (await isHashOf(name, state, presented)))
    if (!isGood) {
      count('refused')
      if (isOwn === true) refused?.(id)
      return null
    }
    count(isOwn === null ? 'hashed' : 'looked_up')
    const entry = remember(name, presented, state, readAt)
    // If the hash has waited for long, the state is read again: the key may have been revoked
    // meanwhile.
    return admit(entry, ageOf(entry) > 1 ? await recall(name, entry) : entry.state)
  }

  function isHashOf(name: string, state: State, presented: string): Promise<boolean> {
    if (state.hash === null) return Promise.resolve(false)
    let check = hashing.get(name)
    if (check === undefined) {
      check = matchesHash(state.owner, state.hash, presented).finally(() => hashing.delete(name))
      hashing.set(name, check)
      check.then(
        (matches) => matches && remember(name, presented, state, 0),
        () => undefined,
      )
    }
    return inTime(check, HASH_WAIT_MS_MAX, 'OVERLOADED')
  }

  /** Several requests may learn the same at once; it is stored once. */
  function remember(name: string, presented: string, state: State, readAt: number): Known {
    const before = known.get(name)
    if (before !== undefined) return before
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value ?? '')
    const { pepperId, lastUsedAt } = state
    const isCurrent = pepperId !== null && pepperId === peppers.ids[0]
    const newDigest = isCurrent ? null : peppers.digest(presented)
    const entry: Known = {
      state,
      readAt,
      doubts: 0,
      reading: null,
      notedAt: newDigest === null ? (lastUsedAt?.getTime() ?? 0) : 0,
      newDigest,
    }
    known.set(name, entry)
    return entry
  }

  function admit(entry: Known, state: State | null): Holder | null {
    // The id before the secret is part of the key, so it can only be this key's own.
    if (state === null || isExpired(state)) {
      refused?.(entry.state.id)
      return null
    }
    const now = Date.now()
    if (now - entry.notedAt >= NOTE_INTERVAL_MS) {
      entry.notedAt = now
      note(state.id, { usedAt: new Date(now), digest: entry.newDigest })
    }
    return state.holder
  }

  /** Age counts in epochs: many keys are due at the same time, and are read together. */
  function ageOf({ readAt }: Known): number {
    return epochOf(Date.now()) - epochOf(readAt)
  }

  function epochOf(time: number): number {
    return Math.floor((time - epochStart) / EPOCH_MS)
  }

  /** Many requests with one key share one reading of its state. */
  function recall(name: string, entry: Known): Promise<State | null> {
    entry.reading ??= reread(name, entry)
    return entry.reading
  }

  async function reread(name: string, entry: Known): Promise<State | null> {
    const { doubts } = entry
    const readAt = Date.now()
    try {
      const state = await read(entry.state.id)
      if (state === undefined || !isUsable(state)) {
        known.delete(name)
        return null
      }
      if (doubts === entry.doubts) {
        entry.state = state
        entry.readAt = readAt
        if (state.pepperId === entry.newDigest?.pepperId) entry.newDigest = null
      }
      return state
    } finally {
      // If the reading fails, so does the request, because an unknown state permits nothing. The next
      // request reads again.
      if (doubts === entry.doubts) entry.reading = null
    }
  }

  function doubt(id: string): void {
    for (const entry of known.values()) {
      if (entry.state.id !== id && entry.state.owner !== id) continue
      entry.doubts++
      entry.readAt = 0
      entry.reading = null
    }
  }

  return { verify, doubt }
}

function isUsable(state: CredentialState<unknown>): boolean {
  return state.isOpen && !isExpired(state)
}

function isExpired({ endsAt }: CredentialState<unknown>): boolean {
  return endsAt !== null && endsAt.getTime() <= Date.now()
}
