import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UnreadableFile } from '../encoding/unreadable-file.ts'
import {
  type Checkpoint,
  type NoteKey,
  type Policy,
  PolicyFault,
  openCheckpoint,
  openNote,
  readKey,
  readNote,
  readPolicy,
  witnessed,
} from './verifier.ts'

/** The keys that sign checkpoints: the service's keys for JWTs, the log's keys for signed notes. */
export interface Trust {
  jwks: () => Promise<{ readonly keys: readonly object[] }>
  logs: readonly NoteKey[]
  /** Which witnesses must have cosigned signed notes; null for none. */
  policy: Policy | null
}

/**
 * The checkpoints at a path: a file with one checkpoint, as the service wrote or answered it, or a
 * folder of such files.
 * @throws UnreadableFile if there is no checkpoint, or a file is not a checkpoint, is not signed by a
 *   known key, or is cosigned by too few witnesses
 */
export async function readCheckpoints(path: string, trust: Trust): Promise<Checkpoint[]> {
  const files = isFolder(path) ? filesIn(path) : [path]
  // Without this, a wrong folder would look like one whose checkpoints all fit.
  if (files.length === 0) throw new UnreadableFile(`${resolve(path)} has no checkpoint`)
  return Promise.all(
    files.map(async (file) => {
      const text = readText(file)
      if (readNote(`${text}\n`) !== null) return noteIn(file, `${text}\n`, trust)
      const opened = await openCheckpoint(tokenIn(text), await trust.jwks())
      if (opened === null) {
        throw new UnreadableFile(`${file} is not a checkpoint signed by a known key`)
      }
      return opened
    }),
  )
}

async function noteIn(file: string, text: string, { logs, policy }: Trust): Promise<Checkpoint> {
  const opened = await Promise.all(logs.map((log) => openNote(text, log)))
  const note = opened.find((one) => one !== null)
  if (note === undefined || note === null) {
    throw new UnreadableFile(`${file} is not signed by the key of the log: --key <vkey>`)
  }
  const seen = policy === null ? null : await witnessed(note, policy)
  if (seen?.isQuorum === false) {
    throw new UnreadableFile(`${file} is cosigned by too few of the witnesses`)
  }
  const times = [...(seen?.times.values() ?? [])].map(Number)
  const issuedAt = times.length > 0 ? new Date(Math.max(...times)) : statSync(file).mtime
  return { size: note.size, root: note.root, issuedAt }
}

/** @throws UnreadableFile */
export async function readPolicyFile(path: string): Promise<Policy> {
  try {
    return await readPolicy(`${readText(path)}\n`)
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    throw new UnreadableFile(`${path} is not a valid policy: ${error.message}`)
  }
}

/** @throws UnreadableFile */
export async function readVerifierKey(vkey: string): Promise<NoteKey> {
  const key = await readKey(vkey.trim())
  if (key === null) {
    throw new UnreadableFile('The key is not a verifier key of the form <name>+<id>+<key>')
  }
  return key
}

/** The text of a file, without surrounding white space. @throws UnreadableFile */
export function readTextFile(path: string): string {
  return readText(path)
}

/** @throws UnreadableFile */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readText(path))
  } catch (error) {
    throw error instanceof UnreadableFile ? error : new UnreadableFile(`${path} is no JSON`)
  }
}

function tokenIn(text: string): string {
  if (!text.startsWith('{')) return text
  try {
    const { token } = JSON.parse(text) as { token?: unknown }
    return typeof token === 'string' ? token : ''
  } catch {
    return ''
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new UnreadableFile(`${resolve(path)} can not be read`)
  }
}

/**
 * All files of a folder, whatever their names: a checkpoint that is passed over proves nothing. Hidden
 * files and those that were never finished are none.
 */
function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && !name.endsWith('.part'))
    .map((name) => join(folder, name))
    .filter((path) => !isFolder(path))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
