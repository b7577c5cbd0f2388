import { setTimeout as delay } from 'node:timers/promises'
import { readPolicyFile, readVerifierKey } from '../audit/files.ts'
import { forkLog, plannedFork } from '../audit/tlog/fork.ts'
import { WrongLog } from '../audit/tlog/identity.ts'
import { LogFault, type Monitored, NoAnswer, lookAtLog } from '../audit/tlog/monitor.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'

const POLL_MS = 10_000
/** A log that has not answered for this long counts as stale. */
const SILENCE_MS_MAX = 300_000
/** One of this many checks reads all tiles again; the others read only the tiles of new records. */
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
    'Needs no credential and no database. Every 10 seconds it checks that the newest checkpoint is\n' +
    'signed by the log and cosigned by the witnesses of the policy, and that it continues the one in\n' +
    'the state file. Exits with 1 at the first inconsistency, stale checkpoint or missing quorum.',
  operands: ['url'],
  options: {
    ...KEY,
    ...WITNESSES,
    state: {
      type: 'string',
      value: 'file',
      summary: 'keeps the newest checkpoint that was found good',
    },
    once: { type: 'boolean', summary: 'check once, with all tiles' },
  },
  run: async ({ operands: [url], options, write }) => {
    const { key: vkey, witnesses, state, once } = options
    if (vkey === undefined) throw new WrongCall('The key of the log is required: --key <vkey>')
    if (state === undefined) {
      throw new WrongCall('A file that keeps the last checkpoint is required: --state <file>')
    }
    if (!/^https?:\/\/[^/]/.test(url)) {
      throw new WrongCall('The URL must begin with https:// or http://')
    }
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

/** @throws LogFault at the first fault */
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
  summary: 'begin another log after the end of the published one was lost',
  details:
    'After a restore that lost the end of the log, nothing is signed, because one log must not have two\n' +
    'histories. With a new AUDIT_LOG_KEY_PATH and a new AUDIT_LOG_ORIGIN, --accept begins another log\n' +
    'with the remaining records, and records that as audit.forked. Then restart the service.',
  operands: [],
  options: {
    ...AS,
    accept: { type: 'boolean', summary: 'do it; without --accept, only say what would be done' },
  },
  run: async ({ options }) => {
    const { auditLog } = ownConfig()
    const actor = actorAs(options)
    try {
      return await withDatabase(async (db, sql) => {
        const fork = await plannedFork(sql, auditLog)
        const { from, to, size, knownSize } = fork
        const known = knownSize === null ? '' : ` of the ${knownSize} known outside`
        const what = `${from.origin} ends; ${to.origin} begins with its ${size} records${known}.\n`
        if (options.accept !== true) {
          return { text: `Nothing is done without --accept. With it, ${what}`, isFinding: true }
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
