import { setTimeout as delay } from 'node:timers/promises'
import type { Cut } from '../support/database-proxy.ts'
import { eventually, signalServer } from '../support/processes.ts'
import type { Random } from '../support/random.ts'
import { SERVICES, type Trio } from './trio.ts'

/** What happens to the service or its database while clients ask; it has passed when this resolves. */
type Fault = (trio: Trio, random: Random) => Promise<void>

const CUTS: readonly Cut[] = ['before', 'under way', 'after']
const LANES = ['ledger', 'ledger', 'ledger aside', 'ledger atomic'] as const
const CUT_MS_MAX = 1_500
/** An hour and a half either way: further than any lifetime that a charge depends on but a hold's. */
const JUMP_MS_MAX = 5_400_000

export const FAULTS = {
  'kill of a service': async (trio, random) => {
    const number = random.int(0, SERVICES - 1)
    await trio.killService(number)
    await delay(random.int(0, 200))
    await trio.startService(number)
  },
  'kill of the database': async (trio, random) => {
    await trio.killDatabase()
    await delay(random.int(0, 1_000))
    await trio.startDatabase()
  },
  failover: async (trio, random) => {
    await trio.failOver()
    await delay(random.int(0, 200))
  },
  'cut at a commit': async (trio, random) => {
    const recovers = random.chance(300)
    trio.proxy.plan({
      cut: random.pick(CUTS),
      pool: random.pick(LANES),
      ...(recovers && { recoveryMs: random.int(100, 800) }),
    })
    await eventually(() => trio.proxy.isDone(), CUT_MS_MAX)
    trio.proxy.plan(null)
  },
  'stalled disk': async (trio, random) => {
    // Whatever waits for a disk that does not answer stands still, and with it who waits for that.
    const { data } = trio.primary()
    signalServer(data, 'SIGSTOP')
    await delay(random.int(100, 2_500))
    signalServer(data, 'SIGCONT')
  },
  'paused service': async (trio, random) => {
    const { child } = trio.service(random.int(0, SERVICES - 1))
    child.kill('SIGSTOP')
    await delay(random.int(100, 2_500))
    child.kill('SIGCONT')
  },
  'clock set': async (trio, random) => {
    await trio.setClocks(random.int(-JUMP_MS_MAX, JUMP_MS_MAX))
    await delay(random.int(50, 300))
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

/** The faults of a round: so many of some kinds, in an order that the seed decides. */
export function plannedFaults(round: number, random: Random): FaultName[] {
  const names: FaultName[] = ['cut at a commit', 'clock set']
  // What takes a process away takes seconds, so these take turns.
  const heavy: readonly FaultName[] = [
    'kill of a service',
    'kill of the database',
    'stalled disk',
    'failover',
    'paused service',
  ]
  names.push(heavy[round % heavy.length] ?? 'kill of a service')
  for (let more = random.int(0, 2); more > 0; more--) names.push('cut at a commit')
  for (let left = names.length - 1; left > 0; left--) {
    const other = random.int(0, left)
    const [a, b] = [names[left], names[other]]
    if (a !== undefined && b !== undefined) [names[left], names[other]] = [b, a]
  }
  return names
}
