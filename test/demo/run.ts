import { constants } from 'node:os'
import { whenNpmIsGone } from '../../src/process/npm.ts'
import { STOP_SIGNALS } from '../../src/process/signals.ts'
import { faint, say } from './print.ts'
import { type Stage, openStage } from './stage.ts'
import {
  attack,
  checkLicence,
  prove,
  reportUsage,
  signUp,
  spend,
  subscribe,
  upgrade,
} from './story.ts'

/** `npm run demo`: what Strongroom is for, in a minute, against a fresh service. Leaves nothing. */
const startedAt = performance.now()
const stopping = new AbortController()
const stopped = new Promise<void>((resolve) => {
  stopping.signal.addEventListener('abort', () => resolve())
})
const stop = (signal: NodeJS.Signals) => {
  process.exitCode = 128 + constants.signals[signal]
  stopping.abort()
}
for (const signal of STOP_SIGNALS) process.on(signal, stop)
whenNpmIsGone(() => stop('SIGHUP'))

say(faint('Starting a service with a database of its own, and a stand-in for Stripe …'))
try {
  const stage = await openStage(stopping.signal)
  try {
    await Promise.race([stopped, tell(stage)])
  } finally {
    await stage.close()
  }
} catch (error) {
  // A service that was told to stop answers no more of the story.
  if (!stopping.signal.aborted) throw error
}
// Of a story that was stopped, a call may still be waiting.
process.exit()

async function tell(on: Stage): Promise<void> {
  const ada = await signUp(on)
  const token = await subscribe(on, ada)
  await checkLicence(on, token)
  await reportUsage(ada)
  await upgrade(on, ada)
  const transferId = await spend(on)
  await attack(on, ada)
  await prove(on, transferId)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
  say(`\n${faint(`Done in ${seconds} s; nothing is left of it. Your turn: npm start`)}`)
}
