import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../support/processes.ts'
import type { Random } from '../support/random.ts'
import { INTERNAL_TOKEN } from '../support/service.ts'
import { FAULTS, type FaultName } from './faults.ts'
import { newPlay } from './play.ts'
import type { Recorder } from './recorder.ts'
import { takeSnapshot, takeSnapshots } from './snapshots.ts'
import type { Trio } from './trio.ts'

export interface RoundOptions {
  number: number
  recorder: Recorder
  random: Random
  trio: Trio
  /** Where the clients send to; the trio itself if there is nothing in between. */
  origins: readonly string[]
  accounts: number
  clients: number
  /** It lasts until so many requests are recorded and all faults have passed. */
  requests: number
  faults: readonly FaultName[]
}

export interface RoundResult {
  wrong: string[]
  answers: Record<string, number>
  /** Calls that no repetition told the outcome of. */
  open: number
  cutCalls: number
}

const CUTS_OF_THOUSAND = 15
const READY_MS_MAX = 60_000

/**
 * New accounts, and clients that ask for them while faults happen. At its end everything is whole again, and what
 * was not answered is repeated, so that the next round begins with nothing under way.
 */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const { number, recorder, random, trio, origins, faults } = options
  recorder.round = number
  const accounts = Array.from({ length: options.accounts }, (_, index) => `r${number}-a${index}`)
  if (faults.includes('failover')) await trio.addStandby()
  await Promise.all(accounts.map((account) => openAccount(origins[0] ?? '', account)))
  const cuts = faults.length > 0 ? CUTS_OF_THOUSAND : 0
  const play = newPlay({ recorder, random: random.fork(), accounts, origins, cuts })

  const last = recorder.requests + options.requests
  let isFaulty = true
  let isFailed = false
  const goesOn = () => !isFailed && (isFaulty || recorder.requests < last)
  const strike = async () => {
    const own = random.fork()
    for (const name of faults) {
      await delay(own.int(100, 600))
      await FAULTS[name](trio, own)
    }
    isFaulty = false
  }
  await Promise.all(
    [
      strike(),
      takeSnapshots(recorder, () => trio.adminUrl(), accounts, goesOn),
      ...Array.from({ length: options.clients }, (_, index) => play.ask(index + 1, goesOn)),
    ].map((work) =>
      work.catch((error: unknown) => {
        isFailed = true
        throw error
      }),
    ),
  )
  await Promise.all(origins.map(becomesReady))
  await play.resolve()
  await play.readAll()
  await takeSnapshot(recorder, trio.adminUrl(), accounts)
  const { wrong, answers, open } = play
  return { wrong, answers, open: open.size, cutCalls: play.cutCalls() }
}

async function openAccount(origin: string, account: string): Promise<void> {
  let said = ''
  // Many at once may wait too long for a connection; nothing is stored then, and an account is opened once.
  const isOpen = await eventually(async () => {
    const answer = await fetch(`${origin}/account`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
      body: JSON.stringify({ user_id: account, tier: 'pro' }),
    })
    said = `${answer.status} ${await answer.text()}`
    if (!answer.ok && answer.status !== 503) throw new Error(said)
    return answer.ok
  }, READY_MS_MAX)
  if (!isOpen) throw new Error(said)
}

async function becomesReady(origin: string): Promise<void> {
  let said = ''
  const isReady = async () => {
    try {
      const answer = await fetch(`${origin}/health/ready`)
      said = `${answer.status} ${await answer.text()}`
      return answer.status === 200
    } catch (error) {
      said = String(error)
      return false
    }
  }
  if (!(await eventually(isReady, READY_MS_MAX))) throw new Error(`${origin} is not ready: ${said}`)
}
