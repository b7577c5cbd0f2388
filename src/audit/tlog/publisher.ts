import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type postgres from 'postgres'
import { Refusal } from '../../refusals/index.ts'
import { everySo } from '../../scheduling/every-so.ts'
import { inTurn } from '../../scheduling/in-turn.ts'
import { sharedRead } from '../../scheduling/shared-read.ts'
import { rootOf } from '../proofs.ts'
import { logSize } from '../sequencer.ts'
import { tileReader } from '../tiles.ts'
import type { Policy } from '../verifier.ts'
import {
  type LogIdentity,
  type LogSettings,
  identify,
  policyOf,
  requireOwnKey,
} from './identity.ts'
import { type Behind, type KnownStates, knownStates } from './known.ts'
import { noteBody, signNote } from './note.ts'
import {
  type LogRow,
  type Published,
  clearBehind,
  readRow,
  storeBehind,
  storePublished,
  takeTurn,
} from './row.ts'
import { type Cosignatures, cosignaturesOf } from './cosignatures.ts'
import { prober } from './probe.ts'
import { publishedFolder, stateFolders, tileFiles } from './tile-files.ts'
import { faultsOf } from './faults.ts'
import { gather } from './gather.ts'
import { type Answer, type WitnessServer, witnessServers } from './witnesses.ts'

/** The shortest time between two checkpoints. */
const INTERVAL_MS = 1_000
/** Without a quorum, the witnesses are asked again after this long even if the log is unchanged. */
const RETRY_MS = 10_000
/** An unchanged log is cosigned again after this long, so that the cosignatures stay fresh. */
const RENEWED_MS = 600_000
/**
 * How long the lease lasts, so how long nothing is published after its process was killed. A process
 * renews it while a round takes longer.
 */
const TURN_S = 5
const RENEWAL_MS = 1_500
/**
 * A read of the row, and a comparison of the log with the known states, serve all callers for this
 * long: anyone may ask for the checkpoint.
 */
const READ_MS = 200
/** How long a caller waits for the first checkpoint of a log. */
const FIRST_MS_MAX = 3_000

const UNANSWERED =
  'No quorum of the witnesses has said what it knows of the log, so nothing new is signed for some seconds'

export interface PublisherOptions {
  sql: postgres.Sql
  log: FastifyBaseLogger
  settings: LogSettings
  dataDir: string
  checkpointFolder: string | undefined
  /** Whether the process refuses to start with a key that is not the log's. */
  isStrict: boolean
}

export interface Standing {
  hasQuorum: boolean
  isBehind: boolean
  /** Whether this process can keep the state of the log outside the database. */
  isKept: boolean
}

interface Opened {
  identity: LogIdentity | null
  states: KnownStates | null
  policy: Policy | null
}

/** Publishes the log: signed checkpoints, cosigned by the witnesses of a policy. */
export function publisher(options: PublisherOptions) {
  const { sql, log, settings, checkpointFolder } = options
  const self = randomUUID()
  const closing = new AbortController()
  const files = checkpointFolder === undefined ? null : tileFiles(publishedFolder(checkpointFolder))
  let opened: Opened | undefined
  let servers: WitnessServer[] | undefined
  /** Of the note that this process has signed last. */
  let cosigned: Cosignatures | undefined
  let triedAt = 0
  /** The published note that this process has read last. */
  let heard: string | null = null
  const faults = faultsOf(log)
  const probe = prober(sql, heed)
  /** What is published must not be replaced by what was gathered before it. */
  const storing = inTurn()
  const rows = sharedRead(READ_MS, () => readRow(sql))
  const wholeness = sharedRead(READ_MS, lackingNow)

  /**
   * The log's name, key and policy, and its known states. Read again once another process has given
   * the log its key.
   */
  async function open(row: LogRow): Promise<Opened> {
    if (opened !== undefined && (row.vkey === null || row.vkey === opened.identity?.vkey)) {
      return opened
    }
    const identity = await identify(row, settings)
    const policy = await policyOf(settings, identity)
    const note = identity?.signing?.note
    let states: KnownStates | null = null
    if (note !== undefined) {
      const folders = stateFolders(options.dataDir, checkpointFolder)
      const kept = folders.map((folder) => join(folder, `${note.id}.note`))
      states = knownStates(note, kept, files === null ? [] : [files.checkpoint])
      await states.look()
    }
    servers ??= policy === null ? [] : witnessServers(policy, closing.signal)
    heard = null
    opened = { identity, policy, states }
    return opened
  }

  /** @throws WrongLog, which prevents the start */
  async function check(): Promise<void> {
    const row = await readRow(sql)
    const { identity } = await open(row)
    if (identity === null || settings.key === undefined) return
    if (options.isStrict) requireOwnKey(identity)
    else if (identity.signing === null) {
      log.warn(
        { origin: identity.origin },
        'AUDIT_LOG_KEY_PATH is not the key of the log: this process signs no checkpoints',
      )
    }
  }

  /** @returns why nothing may be signed; null if signing is allowed */
  async function behind(row: LogRow, { states, policy }: Opened): Promise<Behind | null> {
    const lacking = (await states?.lacking(sql)) ?? null
    const { behindSize: size, behindSource: source } = row
    if (size !== null && source !== null) {
      const isOver =
        source === 'file'
          ? lacking === null && (states?.size() ?? 0) >= size
          : policy?.witnesses.every(({ key }) => `witness ${key.name}` !== source) !== false
      if (!isOver || states === null) return { size, source }
      await clearBehind(sql)
    }
    if (lacking !== null) await stop(lacking)
    return lacking
  }

  async function lackingNow(): Promise<Behind | null> {
    const row = await rows.get()
    return behind(row, await open(row))
  }

  async function stop(found: Behind): Promise<void> {
    await storeBehind(sql, found)
    rows.forget()
    log.error(
      found,
      'The audit log lacks records that were already published: nothing is signed until a newer ' +
        'backup is restored, or `strongroom audit fork --accept` begins another log',
    )
  }

  /** @throws Refusal `LOG_BEHIND` if the log lacks records that were already published */
  async function requireWhole(): Promise<void> {
    if ((await wholeness.get()) !== null) throw new Refusal('LOG_BEHIND')
  }

  async function tick(): Promise<void> {
    const row = await readRow(sql)
    const now = await open(row)
    if (now.identity?.signing == null) return
    await hear(row.note, now)
    if ((await behind(row, now)) !== null) return
    const size = await logSize(sql)
    if (!isDue(row, size, now.policy)) return
    // A process that may not sign yet leaves the lease to the others.
    if (!(await maySign(row, now))) return
    const { origin, vkey: own } = now.identity
    const takeOrRenew = () => takeTurn(sql, { process: self, origin, vkey: own }, TURN_S)
    if ((await takeOrRenew()) === null) return
    triedAt = performance.now()
    const renewal = everySo(
      RENEWAL_MS,
      async () => void (await takeOrRenew()),
      // Without the lease nothing is stored, so a failure has no other effect.
      () => undefined,
    )
    renewal.start(RENEWAL_MS)
    let isKept = true
    try {
      isKept = await round(size, now)
    } finally {
      await renewal.stop()
    }
    // A process with a working disk may publish instead.
    if (!isKept) await leave()
  }

  /** @returns false if the state could be kept in no file */
  async function round(size: number, now: Opened): Promise<boolean> {
    const { identity, states, policy } = now
    if (identity?.signing == null || states === null) return true
    const { origin, signing } = identity
    await states.look()
    if ((await behind(await readRow(sql), now)) !== null) return true
    const root = await rootOf(tileReader(sql), size)
    const note = signNote(noteBody(origin, size, root), signing.note, signing.key)
    const isKept = await keep(note, states)
    if (!isKept && (servers ?? []).length === 0) return false
    await publish({ size, note }, policy, isKept)
    return isKept
  }

  /**
   * Remembers and keeps the published state, whichever process has signed it: that process and its
   * files may be lost together with the end of the log.
   */
  async function hear(note: string | null, { states }: Opened): Promise<void> {
    if (note === null || note === heard || states === null) return
    // A note that the log's key has not signed is no state of the log, whoever wrote it there.
    const isSigned = (await states.learn(note)) !== null
    if (!isSigned || (await keep(note, states))) heard = note
  }

  /** Keeps a signed note outside the database. @returns whether that was possible */
  async function keep(note: string, states: KnownStates): Promise<boolean> {
    const fault = await states.keep(note).then(
      () => '',
      (error: unknown) => `The state of the log could not be kept: ${String(error)}`,
    )
    faults.found('state', fault)
    return fault === ''
  }

  /**
   * The newest state of the log, for a signature. Before the promise resolves, the state is kept
   * outside the database. If that is impossible, or the witnesses have not answered yet, the result is
   * the published state, which is known outside already.
   * @throws Refusal `LOG_BEHIND`
   */
  async function newestState(): Promise<{ size: number; root: Buffer }> {
    const row = await rows.get()
    const now = await open(row)
    const { identity, states } = now
    const isAllowed = await maySign(row, now)
    if ((await lackingNow()) !== null) throw new Refusal('LOG_BEHIND')
    const stateAt = async (size: number) => ({ size, root: await rootOf(tileReader(sql), size) })
    if (!isAllowed) return stateAt(row.size ?? 0)
    const newest = await stateAt(await logSize(sql))
    if (identity?.signing == null || states === null) return newest
    const { note, key } = identity.signing
    const body = noteBody(identity.origin, newest.size, newest.root)
    return (await keep(signNote(body, note, key), states)) ? newest : stateAt(row.size ?? 0)
  }

  function isDue(row: LogRow, size: number, policy: Policy | null): boolean {
    if (size > (row.size ?? 0)) return true
    if (size === 0 || policy === null) return false
    const age = Date.now() - (row.publishedAt?.getTime() ?? 0)
    if (row.hasQuorum !== true) return performance.now() - triedAt > RETRY_MS
    return age > RENEWED_MS
  }

  /** Whether the witnesses have told what they know of the log, as far as it can be waited for. */
  async function maySign(row: LogRow, { identity, policy }: Opened): Promise<boolean> {
    if (identity?.signing == null) return true
    const last = row.note === null ? null : { note: row.note, size: row.size ?? 0 }
    const isAnswered = await probe.isAnswered(last, identity, servers ?? [], policy)
    if (!isAnswered) faults.found('witnesses', UNANSWERED)
    return isAnswered
  }

  async function heed(answer: Answer | null): Promise<void> {
    if (answer === null || !('behind' in answer)) return
    // A larger size alone proves nothing: another process may have had a newer checkpoint cosigned.
    if (answer.isOther || answer.behind.size > (await logSize(sql))) await stop(answer.behind)
  }

  /** @param isKept whether a file has the state; if not, a witness must have it */
  async function publish(
    { size, note }: Pick<Published, 'size' | 'note'>,
    policy: Policy | null,
    isKept: boolean,
  ): Promise<void> {
    const gathered = cosigned?.note === note ? cosigned : cosignaturesOf(note, policy)
    cosigned = gathered
    const ask = (one: WitnessServer) => one.ask(sql, note, size)
    const storeNow = async () => {
      const lines = gathered.lines()
      if (!isKept && lines.length === 0) return
      const whole = { size, note: note + lines.join(''), hasQuorum: gathered.hasQuorum() }
      if (!(await storePublished(sql, self, whole))) return
      rows.forget()
      const fault = await files?.publish(sql, size, whole.note).then(
        () => '',
        (error: unknown) => `The log could not be written as files: ${String(error)}`,
      )
      faults.found('files', fault ?? '')
    }
    const store = () => storing(storeNow)
    const { signal } = closing
    const found = await gather(servers ?? [], gathered, { closing: signal, ask, heed, store })
    faults.found('witnesses', found.join('; '))
  }

  /** @throws Refusal `LOG_BEHIND`, `SIGNING_KEY_MISSING` or `NOT_YET_LOGGED` */
  async function published(): Promise<Published> {
    const until = performance.now() + FIRST_MS_MAX
    for (;;) {
      const row = await rows.get()
      const now = await open(row)
      if (now.identity === null) throw new Refusal('SIGNING_KEY_MISSING')
      if (row.behindSize !== null) throw new Refusal('LOG_BEHIND')
      if (row.note !== null && row.size !== null) {
        await compare(row.note, row.size, now)
        return { size: row.size, note: row.note, hasQuorum: row.hasQuorum === true }
      }
      if (performance.now() > until) throw new Refusal('NOT_YET_LOGGED')
      await delay(READ_MS)
    }
  }

  /** Notices a database that is older than the states that this process has seen. */
  async function compare(note: string, size: number, { states }: Opened): Promise<void> {
    if (states === null || size === states.size()) return
    if (size < states.size()) return requireWhole()
    await states.learn(note)
  }

  /** @throws Refusal `SIGNING_KEY_MISSING` */
  async function vkey(): Promise<string> {
    const { identity } = await open(await rows.get())
    if (identity === null) throw new Refusal('SIGNING_KEY_MISSING')
    return identity.vkey
  }

  /**
   * How many records the newest published checkpoint covers, so that they have no other history. Null
   * while the log is behind: then any record may have one.
   */
  async function coveredSize(): Promise<number | null> {
    if ((await wholeness.get()) !== null) return null
    return (await rows.get()).size ?? 0
  }

  async function standing(): Promise<Standing> {
    const row = await rows.get()
    const { policy } = await open(row)
    return {
      hasQuorum: policy === null || row.hasQuorum === true,
      isBehind: row.behindSize !== null,
      isKept: !faults.has('state'),
    }
  }

  /** Stops waiting for witnesses. */
  function stopAsking(): void {
    closing.abort()
  }

  /** Gives up the lease, so that another process can publish at once. */
  async function leave(): Promise<void> {
    await sql`update published_log set leased_until = null where leased_to = ${self}`
  }

  async function close(): Promise<void> {
    await leave().catch(() => undefined)
  }

  return {
    check,
    tick,
    published,
    requireWhole,
    newestState,
    vkey,
    coveredSize,
    standing,
    stopAsking,
    close,
    intervalMs: INTERVAL_MS,
  }
}

export type Publisher = ReturnType<typeof publisher>
