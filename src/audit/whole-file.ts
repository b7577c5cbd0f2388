import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes the file whole or not at all, and the folders above it.
 * @param isLasting whether it must be on the disk when the promise resolves
 */
export async function writeWhole(
  path: string,
  content: string | Buffer,
  { isLasting = false } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // Several writers may share the folder, so each write has a name of its own.
  const part = `${path}.${randomUUID()}.part`
  try {
    const file = await open(part, 'w')
    try {
      await file.writeFile(content)
      if (isLasting) await file.datasync()
    } finally {
      await file.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw error
  }
}
