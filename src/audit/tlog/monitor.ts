import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type ReadNode, consistencyProof } from '../proofs.ts'
import { perfectRoot } from '../tiles.ts'
import { growingTree } from '../tree.ts'
import {
  type NoteKey,
  type Policy,
  type SignedNote,
  isSame,
  openNote,
  provesConsistency,
  readNote,
  witnessed,
} from '../verifier.ts'
import { writeWhole } from '../whole-file.ts'
import { WIDTH, tilePath } from './tile-path.ts'

/** A log with witnesses signs again after 10 minutes at the latest, so an hour is too late. */
const STALE_MS = 3_600_000
const TIMEOUT_MS = 10_000
const NOTE_BYTES_MAX = 1 << 20
const TILES_AT_ONCE = 8
const HASH_BYTES = 32
/** A cache or another process may still serve the checkpoint of a moment ago. */
const AGAIN_MS = 2_000

export interface Monitored {
  /** The URL that `checkpoint` and `tile/` are below, such as `https://billing.example.com/log`. */
  prefix: string
  key: NoteKey
  policy: Policy | null
  /** The file with the newest checkpoint that passed all checks: the signed note itself. */
  state: string
}

/** The log is wrong; the message says how, in a sentence. */
export class LogFault extends Error {}

/** The log did not answer, which does not mean that it is wrong. */
export class NoAnswer extends Error {}

export interface Looked {
  size: number
  /** How many records were added since the kept state; null on the first check. */
  grown: number | null
  witnesses: number
}

/**
 * Checks a log from outside once: its newest checkpoint must be signed, cosigned and consistent
 * with the one in the state file, and its tiles must have the checkpoint's root. Then keeps the
 * checkpoint as the new state.
 * @param isWhole whether all tiles are read, or only those of new records
 * @throws LogFault, or NoAnswer
 */
export async function lookAtLog(log: Monitored, isWhole: boolean): Promise<Looked> {
  const before = await readState(log)
  let { text, note } = await checkpointOf(log)
  if (before !== null && note.size < before.size) {
    await delay(AGAIN_MS)
    ;({ text, note } = await checkpointOf(log))
  }
  // Growth first: a fork must be kept as proof, even if the witnesses have not cosigned it.
  if (before !== null) await judgeGrowth(log, before, text, note)
  const witnesses = await judgeWitnesses(note, log.policy)
  await judgeTiles(log, note, isWhole || before === null ? 0 : before.size)
  await writeWhole(log.state, text)
  return { size: note.size, grown: before === null ? null : note.size - before.size, witnesses }
}

async function readState({ state, key }: Monitored): Promise<SignedNote | null> {
  const text = await readFile(state, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const note = await openNote(text, key)
  if (note === null) throw new LogFault(`${state} is not a checkpoint of ${key.name} with this key`)
  return note
}

async function checkpointOf({ prefix, key }: Monitored) {
  const text = (await get(`${prefix}/checkpoint`, NOTE_BYTES_MAX)).toString()
  const note = await openNote(text, key)
  if (note === null) {
    const origin = readNote(text)?.origin
    const what =
      origin === undefined ? 'is not a signed note' : `of ${origin} is not signed by the key`
    throw new LogFault(`The checkpoint ${what}`)
  }
  return { text, note }
}

async function judgeWitnesses(note: SignedNote, policy: Policy | null): Promise<number> {
  if (policy === null) return 0
  const { isQuorum, times, forged } = await witnessed(note, policy)
  const [name] = forged
  if (name !== undefined) throw new LogFault(`The cosignature of ${name} is false`)
  if (!isQuorum) {
    throw new LogFault(`Only ${times.size} witnesses have cosigned ${note.size} records: no quorum`)
  }
  const fresh = [...times].filter(([, time]) => time.getTime() > Date.now() - STALE_MS)
  if (!policy.isQuorum(new Set(fresh.map(([witness]) => witness)))) {
    throw new LogFault(`The checkpoint of ${note.size} records is stale: cosigned over an hour ago`)
  }
  return times.size
}

async function judgeGrowth(log: Monitored, before: SignedNote, text: string, note: SignedNote) {
  const { state } = log
  const forked = async (what: string) => {
    const conflict = `${state}.conflict`
    await writeFile(conflict, text)
    // Of different sizes, both can be of one history: an old checkpoint, or wrong tiles, look the same.
    const kept =
      note.size === before.size
        ? `${state} and ${conflict} prove it`
        : `${state} and ${conflict} have both checkpoints`
    return new LogFault(`${what}: ${kept}`)
  }
  if (note.size < before.size) {
    throw await forked(`The log has lost records: it had ${before.size}, and has ${note.size}`)
  }
  const proof =
    before.size === note.size || before.size === 0
      ? []
      : await consistencyProof(nodeReader(log, note.size), before.size, note.size)
  const isSound = before.size === 0 || (await provesConsistency(before, note, proof))
  if (isSound) return
  throw await forked(
    note.size === before.size
      ? `The log has two histories of ${note.size} records`
      : `The log of ${note.size} records could not be proven to continue that of ${before.size}`,
  )
}

/**
 * Checks the tiles against the checkpoint's root. Reads leaves from the tile of the first new one
 * on, and only nodes for the older part of the tree.
 */
async function judgeTiles(log: Monitored, note: SignedNote, from: number): Promise<void> {
  const fault = new LogFault(
    `The tiles of ${note.size} records do not have the root of the checkpoint`,
  )
  const first = Math.floor(from / WIDTH)
  const end = Math.ceil(note.size / WIDTH)
  const tree = growingTree()
  const read = nodeReader(log, note.size)
  for (let index = 0; index < first; index++) {
    // The old part was checked before, so the largest nodes are enough for it.
    let level = 0
    while (index % WIDTH ** (level + 1) === 0 && index + WIDTH ** (level + 1) <= first) level++
    tree.addSubtree(await read(8 * (level + 1), index / WIDTH ** level), WIDTH ** (level + 1))
    index += WIDTH ** level - 1
  }
  for (let at = first; at < end; at += TILES_AT_ONCE) {
    const indexes = Array.from({ length: Math.min(TILES_AT_ONCE, end - at) }, (_, one) => at + one)
    const tiles = await Promise.all(
      indexes.map((index) => tileOf(log, 0, index, Math.min(WIDTH, note.size - index * WIDTH))),
    )
    for (const tile of tiles) {
      for (let byte = 0; byte < tile.length; byte += HASH_BYTES) {
        tree.add(tile.subarray(byte, byte + HASH_BYTES))
      }
    }
  }
  if (!isSame(tree.root(), note.root)) throw fault
}

/** Reads the nodes of a tree of that size from its tiles, each tile once. */
function nodeReader(log: Monitored, size: number): ReadNode {
  const tiles = new Map<string, Promise<Buffer>>()
  return async (level, index) => {
    const count = 2 ** (level % 8)
    const tileLevel = Math.floor(level / 8)
    const first = index * count
    const number = Math.floor(first / WIDTH)
    const width = Math.min(WIDTH, Math.floor(size / WIDTH ** tileLevel) - number * WIDTH)
    const name = `${tileLevel}/${number}`
    const tile = tiles.get(name) ?? tileOf(log, tileLevel, number, width)
    tiles.set(name, tile)
    const offset = (first % WIDTH) * HASH_BYTES
    return perfectRoot((await tile).subarray(offset, offset + count * HASH_BYTES))
  }
}

async function tileOf(
  { prefix }: Monitored,
  level: number,
  index: number,
  width: number,
): Promise<Buffer> {
  const url = (wide: number) => `${prefix}/tile/${tilePath({ level, index, width: wide })}`
  const max = WIDTH * HASH_BYTES
  // If the partial tile is gone, the full one has replaced it.
  const bytes = await get(url(width), max).catch((error: unknown) => {
    if (width === WIDTH || !(error instanceof LogFault)) throw error
    return get(url(WIDTH), max)
  })
  if (bytes.length < width * HASH_BYTES) {
    throw new LogFault(`The tile ${tilePath({ level, index, width })} is too short`)
  }
  return bytes.subarray(0, width * HASH_BYTES)
}

async function get(url: string, bytesMax: number): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new NoAnswer(`${url} does not answer`)
  })
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > bytesMax) break
      chunks.push(chunk)
    }
  } catch {
    throw new NoAnswer(`${url} ended its answer early`)
  }
  const body = Buffer.concat(chunks)
  if (length > bytesMax) throw new LogFault(`${url} answers with too many bytes`)
  if (response.ok) return body
  if (/"code":"LOG_BEHIND"/.test(body.toString())) {
    throw new LogFault('The log itself says that it lacks records that were already published')
  }
  if (response.status >= 500 || response.status === 409 || response.status === 429) {
    throw new NoAnswer(`${url} answers ${response.status}`)
  }
  throw new LogFault(`${url} answers ${response.status}`)
}
