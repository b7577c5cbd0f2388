import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Debian's, and where others have it. */
const PLACES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

export const NO_BROWSER =
  'no Chromium is installed: `apt-get install chromium`, or set CHROMIUM_PATH to one'

/** @returns the path of a browser; undefined where there is none */
export function browserPath(): string | undefined {
  return PLACES.find((path) => path !== undefined && existsSync(path))
}

export function launch(executablePath: string): Promise<Browser> {
  // As root, as in a container, Chromium runs only without its sandbox.
  const isRoot = process.getuid?.() === 0
  return chromium.launch({ executablePath, chromiumSandbox: !isRoot })
}
