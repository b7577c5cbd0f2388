import { existsSync } from 'node:fs'

/**
 * The package's own folder. It is the same whether the code runs from `src/`, from `dist/`, or from
 * a bundle, so files in it are found in all cases.
 */
export const ROOT = rootAbove(new URL(import.meta.url))

function rootAbove(place: URL): URL {
  const folder = new URL('.', place)
  if (existsSync(new URL('package.json', folder))) return folder
  const parent = new URL('..', folder)
  if (parent.href === folder.href) throw new Error('The package has lost its package.json')
  return rootAbove(parent)
}
