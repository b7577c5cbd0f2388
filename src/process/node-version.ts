import { readFileSync } from 'node:fs'
import { ROOT } from '../package/root.ts'

/**
 * Ends a program if Node.js is too old, and says which version it needs. Each program calls this
 * before it loads the rest, which an older Node.js can't link: it would only report a syntax error.
 * So this file and its imports use nothing that an old Node.js with modules lacks.
 */
export function requireNode(): void {
  const needed = neededNode()
  if (!isOlder(process.versions.node, needed)) return
  process.stderr.write(
    `Node.js is ${process.versions.node}, and Strongroom needs ${needed} or newer: https://nodejs.org\n`,
  )
  process.exit(1)
}

/** The oldest version on which the service runs, such as `20.19.0`. */
export function neededNode(): string {
  const manifest = readFileSync(new URL('package.json', ROOT), 'utf8')
  const { engines } = JSON.parse(manifest) as { engines: { node: string } }
  return engines.node.replace('>=', '')
}

export function isOlder(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [majorNeeded = 0, minorNeeded = 0] = needed.split('.').map(Number)
  return major < majorNeeded || (major === majorNeeded && minor < minorNeeded)
}
