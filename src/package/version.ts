import { readFileSync } from 'node:fs'
import { ROOT } from './root.ts'

const manifest = readFileSync(new URL('package.json', ROOT), 'utf8')

export const VERSION = (JSON.parse(manifest) as { version: string }).version
