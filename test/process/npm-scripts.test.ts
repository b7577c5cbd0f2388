import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, after, test } from 'node:test'
import { signal as send } from '../../src/database/embedded/processes.ts'
import { counts } from '../support/counts.ts'
import { type Script, copyRepository, runNpm } from '../support/npm-script.ts'
import { eventually } from '../support/processes.ts'
import { scaled } from '../support/scale.ts'
import { clusterOf, copyCluster, newDataDir } from '../support/service-process.ts'

/** Of a stop in good order, the database included. */
const STOP_MS_MAX = 8_000
/**
 * Before Node 22.15 TypeScript's launcher waits for the compiler as for a child, which no signal to npm
 * reaches: it ends when it has compiled.
 */
const COMPILED_MS_MAX = 60_000
const START_MS_MAX = 180_000
const skip = process.platform === 'linux' ? false : 'processes are found in /proc'

const repository = skip === false ? copyRepository((remove) => after(remove)) : ''

/** Whom a signal reaches: what was started, its group, as from a terminal, or the work alone. */
type Target = 'npm' | 'group' | 'service'

type Ready = (script: Script, folder: string) => boolean

const SERVING: Ready = (script) => /listens on \S+\n/.test(script.output())
const BUILDING: Ready = (script) =>
  script.processes().some(({ line }) => /tsc.* --project/.test(line))
const MAKING_A_DATABASE: Ready = (_, folder) => existsSync(join(folder, 'postgres'))
const TELLING: Ready = (script) => /POST \/api\/customers/.test(script.output())

async function stops(
  t: TestContext,
  name: string,
  ready: Ready,
  signal: NodeJS.Signals,
  target: Target,
) {
  counts(t, {
    promise: '',
    what: 'Signals to scripts that start, build or serve',
    trials: 1,
    faults: 1,
  })
  const folder = newDataDir(t)
  if (ready === SERVING) copyCluster(folder)
  const script = runNpm(t, name, repository, folder)
  let isOver = false
  void script.ended.then(() => (isOver = true))
  const isReady = () => isOver || ready(script, folder)
  assert.ok((await eventually(isReady, START_MS_MAX)) && !isOver, script.output())

  const at = performance.now()
  send(pidOf(script, target), signal)
  const stopMs = ready === BUILDING ? COMPILED_MS_MAX : STOP_MS_MAX
  const isGone = await eventually(() => script.processes().length === 0, stopMs)
  const ms = Math.round(performance.now() - at)
  assert.ok(isGone, `left: ${JSON.stringify(script.processes())}\n${script.output()}`)
  t.diagnostic(`gone after ${ms} ms, npm ended with ${await script.ended}`)

  assert.equal(existsSync(join(clusterOf(folder), 'postmaster.pid')), false)
  const socket = join(folder, 'postgres', 'socket')
  if (existsSync(socket)) assert.deepEqual(readdirSync(socket), [])
  assert.deepEqual(
    readdirSync(folder).filter((each) => each.startsWith('strongroom-demo')),
    [],
  )
}

function pidOf(script: Script, target: Target): number {
  if (target !== 'service') return target === 'npm' ? script.pid : -script.pid
  const found = script.processes().filter(({ line }) => /^\S*node .*dist\/server\.js$/.test(line))
  assert.equal(found.length, 1, JSON.stringify(script.processes()))
  return found[0]?.pid ?? 0
}

/** As a supervisor sends it, a terminal, and `kill`; then all others. */
const STARTED = [
  ['npm', 'SIGTERM'],
  ['group', 'SIGINT'],
  ['service', 'SIGTERM'],
  ['npm', 'SIGINT'],
  ['npm', 'SIGHUP'],
  ['group', 'SIGTERM'],
  ['group', 'SIGHUP'],
  ['service', 'SIGINT'],
  ['service', 'SIGHUP'],
] as const
for (const [target, signal] of STARTED.slice(0, scaled(9, 3))) {
  test(`npm start: ${signal} to the ${target}`, { skip }, (t) =>
    stops(t, 'start', SERVING, signal, target),
  )
}
test('npm start: SIGKILL to the npm', { skip }, (t) => stops(t, 'start', SERVING, 'SIGKILL', 'npm'))

const EITHER = [
  ['npm', 'SIGTERM'],
  ['group', 'SIGINT'],
] as const
for (const [target, signal] of EITHER.slice(0, scaled(2, 1))) {
  test(`npm start: ${signal} to the ${target} while it builds`, { skip }, (t) => {
    // Otherwise it finds everything built.
    rmSync(join(repository, 'dist/.built'), { force: true })
    return stops(t, 'start', BUILDING, signal, target)
  })
  test(`npm start: ${signal} to the ${target} while the database is made`, { skip }, (t) =>
    stops(t, 'start', MAKING_A_DATABASE, signal, target),
  )
  test(`npm run dev: ${signal} to the ${target}`, { skip }, (t) =>
    stops(t, 'dev', SERVING, signal, target),
  )
  test(`npm run demo: ${signal} to the ${target} as it begins`, { skip }, (t) =>
    stops(t, 'demo', (script) => /Starting a service/.test(script.output()), signal, target),
  )
  test(`npm run demo: ${signal} to the ${target}`, { skip }, (t) =>
    stops(t, 'demo', TELLING, signal, target),
  )
}
