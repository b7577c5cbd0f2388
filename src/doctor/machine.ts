import { existsSync, statfsSync } from 'node:fs'
import { ROOT } from '../package/root.ts'
import { isOlder, neededNode } from '../process/node-version.ts'
import { type Group, type Line, failure, pass, warning } from './check.ts'

/** https://github.com/nodejs/release#release-schedule */
const END_OF_LIFE: Record<number, string> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
}
const FREE_SHARE = { warning: 0.1, failure: 0.03 } as const

/** The machine of this command, which should be the service's machine. */
export const machine: Group = {
  title: 'Machine',
  examine: () => [node(process.versions.node, new Date()), user(), packages(), disk()],
}

/** @param version such as `20.20.2` */
export function node(version: string, today: Date): Line {
  const [major = 0] = version.split('.').map(Number)
  const needed = neededNode()
  if (isOlder(version, needed)) {
    return failure('node', `${version} is too old`, `install ${needed} or newer`)
  }
  const end = END_OF_LIFE[major]
  if (end !== undefined && today > new Date(end)) {
    const reason = `${version}: Node ${major} gets no security fixes since ${end}`
    return warning('node', reason, 'install the current LTS')
  }
  if (major % 2 === 1) return warning('node', `${version} is no LTS`, 'install the current LTS')
  return pass('node', end === undefined ? version : `${version}, with security fixes until ${end}`)
}

function user(): Line {
  if (process.getuid?.() !== 0) return pass('user', 'not root')
  const reason = 'this command runs as root; the service must not'
  return warning('user', reason, 'run both as a user of their own: deploy/systemd has a unit')
}

function packages(): Line {
  if (!existsSync(new URL('node_modules/typescript', ROOT)))
    return pass('packages', 'no development package is installed')
  const reason = 'development packages are installed, which a break-in could use'
  return warning('packages', reason, '`npm prune --omit=dev` after the build')
}

function disk(): Line {
  const { bavail, blocks, bsize } = statfsSync('.')
  const share = blocks === 0 ? 1 : bavail / blocks
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free (${Math.round(share * 100)} %)`
  if (share >= FREE_SHARE.warning) return pass('disk', free)
  const advice = 'make room: PostgreSQL stops when its disk is full'
  return (share < FREE_SHARE.failure ? failure : warning)('disk', free, advice)
}
