import type postgres from 'postgres'
import { rootOf } from '../proofs.ts'
import { logSize } from '../sequencer.ts'
import { tileReader } from '../tiles.ts'
import type { Policy } from '../verifier.ts'
import type { LogIdentity } from './identity.ts'
import { noteBody, signNote } from './note.ts'
import type { Published } from './row.ts'
import type { Answer, WitnessServer } from './witnesses.ts'

/**
 * How long a process signs nothing new because the witnesses do not answer: as long as a checkpoint waits for its
 * quorum.
 */
const WAIT_MS_MAX = 5_000

type Last = Pick<Published, 'note' | 'size'>

/**
 * Before a process signs its first new state, asks the witnesses to cosign the last published
 * checkpoint. Their answers show whether the database has been restored to an earlier state.
 * @param heed handles an answer that may mean that the log is behind
 */
export function prober(sql: postgres.Sql, heed: (answer: Answer | null) => Promise<void>) {
  /** The URLs of the witnesses that have said what they know of the log. */
  const answered = new Set<string>()
  /** The URLs of those that do not watch it: they have nothing to say, and vouch for nothing. */
  const strangers = new Set<string>()
  let begunAt: number | undefined
  let asking: Promise<void> | undefined
  let isOver = false

  /**
   * Asks the witnesses that have not answered yet. No answer is no consent: a witness that is away
   * may be the only one to know that the log was longer.
   * @param last null if nothing was published yet
   * @returns whether the process may sign: a quorum has answered, or has been waited for long enough
   */
  async function isAnswered(
    last: Last | null,
    identity: LogIdentity,
    servers: readonly WitnessServer[],
    policy: Policy | null,
  ): Promise<boolean> {
    // A log that begins while this process runs can't have been restored before its start.
    if (last === null) isOver = true
    if (isOver || last === null) return true
    begunAt ??= performance.now()
    asking ??= askAll(last, identity, servers).finally(() => (asking = undefined))
    await asking
    const names = (policy?.witnesses ?? [])
      .filter(({ url }) => url !== null && answered.has(url))
      .map(({ name }) => name)
    isOver =
      answered.size + strangers.size === servers.length ||
      policy?.isQuorum(new Set(names)) === true ||
      performance.now() - begunAt > WAIT_MS_MAX
    return isOver
  }

  async function askAll(
    last: Last,
    identity: LogIdentity,
    servers: readonly WitnessServer[],
  ): Promise<void> {
    const waiting = servers.filter(({ url }) => !answered.has(url) && !strangers.has(url))
    await Promise.all(
      waiting.map(async (server) => {
        const standing = await standingOf(server, last, identity)
        if (standing === 'known') answered.add(server.url)
        if (standing === 'stranger') strangers.add(server.url)
      }),
    )
  }

  /** Asks a witness. @returns `known` if it has said what it knows of the log */
  async function standingOf(
    server: WitnessServer,
    { note, size }: Last,
    identity: LogIdentity,
  ): Promise<'known' | 'stranger' | 'silent'> {
    const first = note.slice(0, note.indexOf('\n', note.lastIndexOf('\n\n') + 2) + 1)
    const answer = await server.ask(sql, first, size)
    await heed(answer)
    if (answer === null) return 'silent'
    if ('fault' in answer) return answer.isStranger === true ? 'stranger' : 'silent'
    if ('lines' in answer || answer.isOther) return 'known'
    // `heed` has stopped a log that is shorter.
    if (answer.behind.size > (await logSize(sql))) return 'known'
    const confirmed = await confirm(server, answer.behind.size, identity)
    await heed(confirmed)
    if (confirmed === null || 'fault' in confirmed) return 'silent'
    // If it knows an even larger size by now, it is asked about that one next time.
    return 'lines' in confirmed || confirmed.isOther ? 'known' : 'silent'
  }

  /**
   * Asks a witness that knows a larger size than the published one to cosign that size again. If a
   * process has ended before it could publish, the note is the very one that it signed. If the
   * database was restored and has grown since, the witness refuses. The note is not kept: it may
   * contradict the log.
   */
  async function confirm(
    server: WitnessServer,
    size: number,
    { origin, signing }: LogIdentity,
  ): Promise<Answer | null> {
    if (signing === null) return null
    const root = await rootOf(tileReader(sql), size)
    return server.ask(sql, signNote(noteBody(origin, size, root), signing.note, signing.key), size)
  }

  return { isAnswered }
}
