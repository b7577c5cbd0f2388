import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Peer } from '../cluster/peer.ts'
import { QUESTIONS } from '../cluster/questions.ts'
import { failingAddresses } from '../http/rate-limits/failing-addresses.ts'
import { COUNT_MS_MAX } from '../http/rate-limits/shared.ts'

/** How many failures may wait for the primary. Beyond that the process judges by itself. */
const WAITING_MAX = 1_000

type Told = (isAlarming: boolean) => void

export interface Alarms {
  /** Notes a failure, and tells whether its address is alarming: at once, or soon. */
  note(address: string, told: Told): void
  /** How many addresses are alarming. */
  count(): number | Promise<number>
  /** Waits until everything is told. */
  settled(): Promise<void>
}

/**
 * Judges addresses by their failed authentication. The primary process remembers them for all its
 * workers, because each connection of a stranger may go to another one. A process without a primary,
 * or whose primary does not answer, judges by what it has seen itself.
 */
export function alarmsOf(primary: Peer | null): Alarms {
  const own = failingAddresses()
  const countOwn = () => own.alarming(Date.now())
  if (primary === null) {
    return {
      note: (address, told) => told(own.note(address, Date.now())),
      count: countOwn,
      settled: async () => undefined,
    }
  }
  const above = primary
  let waiting: { address: string; isOwn: boolean; told: Told }[] = []
  let sending: Promise<void> | null = null

  /** One message at a time, so that none pile up before a primary that hangs. */
  async function send(): Promise<void> {
    await nextTurn()
    while (waiting.length > 0) {
      const sent = waiting
      waiting = []
      const addresses = sent.map(({ address }) => address)
      const answers = await above
        .ask<boolean[]>(QUESTIONS.failures, addresses, COUNT_MS_MAX)
        .catch((): boolean[] => [])
      sent.forEach(({ isOwn, told }, index) => told(isOwn || answers[index] === true))
    }
    sending = null
  }

  return {
    note: (address, told) => {
      const isOwn = own.note(address, Date.now())
      if (waiting.length >= WAITING_MAX) return told(isOwn)
      waiting.push({ address, isOwn, told })
      sending ??= send()
    },
    count: () => above.ask<number>(QUESTIONS.alarming, null, COUNT_MS_MAX).catch(countOwn),
    settled: async () => void (await sending),
  }
}
