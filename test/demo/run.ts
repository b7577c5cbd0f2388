import { faint, say } from './print.ts'
import { openStage } from './stage.ts'
import { attack, checkLicence, prove, reportUsage, signUp, spend, subscribe } from './story.ts'

/** `npm run demo`: what Strongroom is for, in a minute, against a fresh service. Leaves nothing. */
const startedAt = performance.now()
say(faint('Starting a service with a database of its own, and a stand-in for Stripe …'))
const stage = await openStage()
process.once('SIGINT', () => void stage.close().then(() => process.exit(130)))
try {
  const ada = await signUp(stage)
  const token = await subscribe(stage, ada)
  await checkLicence(stage, token)
  await reportUsage(ada)
  const transferId = await spend(stage)
  await attack(stage, ada)
  await prove(stage, transferId)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
  say(`\n${faint(`Done in ${seconds} s; nothing is left of it. Your turn: npm start`)}`)
} finally {
  await stage.close()
}
