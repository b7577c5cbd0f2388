import { setTimeout as delay } from 'node:timers/promises'
import { readPolicyFile, readVerifierKey } from '../audit/files.ts'
import { forkLog, plannedFork } from '../audit/tlog/fork.ts'
import { WrongLog } from '../audit/tlog/identity.ts'
import { LogFault, type Monitored, NoAnswer, lookAtLog } from '../audit/tlog/monitor.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'

const POLL_MS = 10_000
/** A log that does not answer for so long counts as stale. */
const SILENCE_MS_MAX = 300_000
/** All tiles are read again so often; between, only those of new records. */
const LOOKS_UNTIL_WHOLE = 360

export const KEY = {
  key: {
    type: 'string',
    value: 'vkey',
    summary: "the log's verifier key, as GET /log/key answers it",
  },
} as const

export const WITNESSES = {
  witnesses: { type: 'string', value: 'file', summary: 'a policy (C2SP tlog-policy)' },
} as const

export const auditMonitor = command({
  name: 'audit monitor',
  summary: 'follow the published log of a service from outside',
  details:
    'Needs neither credential nor database. Every 10 seconds it checks that the newest checkpoint is\n' +
    'signed by the log, cosigned by the witnesses of the policy, and continues the one in the state\n' +
    'file. It ends with 1 at the first inconsistency, stale checkpoint or missing quorum.',
  operands: ['url'],
  options: {
    ...KEY,
    ...WITNESSES,
    state: { type: 'string', value: 'file', summary: 'the newest checkpoint that was found good' },
    once: { type: 'boolean', summary: 'one look, with all tiles' },
  },
  run: async ({ operands: [url], options, write }) => {
    const { key: vkey, witnesses, state, once } = options
    if (vkey === undefined) throw new WrongCall('The log is known by its key: --key <vkey>')
    if (state === undefined) throw new WrongCall('A log is compared with its past: --state <file>')
    if (!/^https?:\/\/[^/]/.test(url))
      throw new WrongCall('The URL begins with https:// or http://')
    const log: Monitored = {
      prefix: url.replace(/(?<!\/)\/+$/, '').replace(/(?<!\/log)$/, '/log'),
      key: await readVerifierKey(vkey),
      policy: witnesses === undefined ? null : await readPolicyFile(witnesses),
      state,
    }
    try {
      if (once === true) return { text: describe(await lookAtLog(log, true)) }
      return await follow(log, write)
    } catch (error) {
      if (!(error instanceof LogFault || error instanceof NoAnswer)) throw error
      return { text: `${error.message}\n`, isFinding: true }
    }
  },
})

/** @throws LogFault at the first */
async function follow(
  log: Monitored,
  write: (text: string) => Promise<void>,
): Promise<{ text: string }> {
  let answeredAt = Date.now()
  for (let looks = 0; ; looks++) {
    try {
      const looked = await lookAtLog(log, looks % LOOKS_UNTIL_WHOLE === 0)
      answeredAt = Date.now()
      if (looked.grown !== 0) await write(describe(looked))
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      if (Date.now() - answeredAt > SILENCE_MS_MAX) {
        throw new LogFault(`${error.message} since ${new Date(answeredAt).toISOString()}`)
      }
      await write(`${error.message}\n`)
    }
    await delay(POLL_MS)
  }
}

function describe({ size, grown, witnesses }: Awaited<ReturnType<typeof lookAtLog>>): string {
  const since = grown === null ? 'seen for the first time' : `${grown} of them new`
  const count = witnesses === 1 ? '1 witness' : `${witnesses} witnesses`
  return `${new Date().toISOString()} ${size} records, ${since}, cosigned by ${count}: consistent\n`
}

export const auditFork = command({
  name: 'audit fork',
  summary: 'begin another log, where the end of the published one is lost',
  details:
    'After a restore that lost the end of the log, nothing is signed: the same log can not have two\n' +
    'histories. With a new AUDIT_LOG_KEY_PATH and a new AUDIT_LOG_ORIGIN, --accept begins another log\n' +
    'with the records that are left, and records that as audit.forked. Restart the service then.',
  operands: [],
  options: {
    ...AS,
    accept: { type: 'boolean', summary: 'do it; without, say only what would be done' },
  },
  run: async ({ options }) => {
    const { auditLog } = ownConfig()
    const actor = actorAs(options)
    try {
      return await withDatabase(async (db, sql) => {
        const fork = await plannedFork(sql, auditLog)
        const { from, to, size, knownSize } = fork
        const known = knownSize === null ? '' : `, of ${knownSize} that are known outside`
        const what = `${from.origin} ends; ${to.origin} begins with its ${size} records${known}.\n`
        if (options.accept !== true) {
          return { text: `Nothing is done without --accept. Then ${what}`, isFinding: true }
        }
        await forkLog(db, actor, fork)
        return { text: `${what}Its key is ${to.vkey}: tell monitors and witnesses.\n` }
      })
    } catch (error) {
      if (!(error instanceof WrongLog)) throw error
      return { text: `${error.message}.\n`, isFinding: true }
    }
  },
})
