import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { UnreadableFile } from '../encoding/unreadable-file.ts'

interface Draft {
  file: FileHandle
  /** Gives it its name, in place of what was there. */
  place(): Promise<void>
  discard(): Promise<void>
}

/**
 * Writes files that belong together. They replace what was there only when `work` has written all of
 * them, and if it fails, what was there stays.
 * @throws UnreadableFile if one of the paths can't be written
 */
export async function writeFiles<const Paths extends readonly string[], T>(
  paths: Paths,
  work: (files: { [Index in keyof Paths]: FileHandle }) => Promise<T>,
): Promise<T> {
  const drafts: Draft[] = []
  try {
    for (const path of paths) drafts.push(await draftOf(path))
    const result = await work(drafts.map(({ file }) => file) as Parameters<typeof work>[0])
    for (const draft of drafts) await draft.place()
    return result
  } catch (error) {
    await Promise.allSettled(drafts.map((draft) => draft.discard()))
    throw error
  }
}

/** @throws UnreadableFile */
async function draftOf(path: string): Promise<Draft> {
  try {
    const present = await stat(path).catch(nothing)
    // Another file can't take the place of a terminal or a pipe.
    if (present !== null && !present.isFile()) return asItIs(await open(path, 'w'))
    const target = present === null ? path : await realpath(path)
    const part = `${target}.part`
    const file = await open(part, 'w')
    if (present !== null) await file.chmod(present.mode)
    return {
      file,
      place: async () => {
        await file.datasync()
        await file.close()
        await rename(part, target)
      },
      discard: async () => {
        await file.close()
        await rm(part, { force: true })
      },
    }
  } catch {
    throw new UnreadableFile(`${path} can not be written`)
  }
}

function asItIs(file: FileHandle): Draft {
  const close = () => file.close()
  return { file, place: close, discard: close }
}

function nothing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
