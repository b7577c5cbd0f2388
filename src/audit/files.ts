import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UnreadableFile } from '../encoding/unreadable-file.ts'
import { type Checkpoint, openCheckpoint } from './verifier.ts'

/**
 * The checkpoints at a path: a file with one checkpoint, as the service wrote or answered it, or a
 * folder of such files.
 * @throws UnreadableFile for a file that is no checkpoint, or is not signed by a key of the JWKS
 */
export async function readCheckpoints(
  path: string,
  jwks: { readonly keys: readonly object[] },
): Promise<Checkpoint[]> {
  const files = isFolder(path)
    ? readdirSync(path)
        .filter((name) => name.endsWith('.jwt'))
        .map((name) => join(path, name))
    : [path]
  return Promise.all(
    files.map(async (file) => {
      const opened = await openCheckpoint(tokenIn(readText(file)), jwks)
      if (opened === null) {
        throw new UnreadableFile(`${file} is no checkpoint signed by a known key`)
      }
      return opened
    }),
  )
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
    throw new UnreadableFile(`${path} can not be read`)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
