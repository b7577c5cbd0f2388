import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { decodeProtectedHeader } from 'jose'
import type postgres from 'postgres'
import type { KeyRing } from '../keys/index.ts'
import { logSize } from './sequencer.ts'
import type { Publisher } from './tlog/publisher.ts'
import { CHECKPOINT_TYPE, ISSUER } from './verifier.ts'
import { writeWhole } from './whole-file.ts'

/** A checkpoint of an unchanged log is signed again after this long. */
const RENEWED_MS = 3_600_000
/**
 * Checkpoints on demand are at least this far apart in a process. Each costs a signature, a log line
 * and a file, and a row that is never deleted.
 */
const PAUSE_MS = 1_000

export interface IssuedCheckpoint {
  size: number
  root: Buffer
  issuedAt: Date
  token: string
}

export interface CheckpointOptions {
  sql: postgres.Sql
  keys: KeyRing
  log: FastifyBaseLogger
  /** The folder into which each checkpoint is also written; undefined for none. */
  folder: string | undefined
  published: Pick<Publisher, 'requireWhole' | 'newestState'>
}

/** Issues checkpoints, and keeps each in the database, in the log output and as a file. */
export function checkpoints({ sql, keys, log, folder, published }: CheckpointOptions) {
  /** The next round of checkpoints on demand, and how many records it must cover. */
  let next: { needed: number; issued: Promise<IssuedCheckpoint> } | undefined
  let begunAt = -PAUSE_MS

  /**
   * The newest checkpoint; null if there is none, or its key has been removed since.
   * @throws Refusal `LOG_BEHIND`
   */
  async function newest(): Promise<IssuedCheckpoint | null> {
    await published.requireWhole()
    const [row] = await sql<IssuedCheckpoint[]>`
      select size::float8, root, issued_at as "issuedAt", token from audit_checkpoints
      order by size desc, id desc limit 1`
    return row !== undefined && keys.verifies(keyIdOf(row.token)) ? row : null
  }

  /**
   * A young checkpoint that covers so many records, or all that the log has now: the newest one, or
   * else a new one. Callers wait for it together.
   * @throws Refusal `SIGNING_KEY_MISSING` or `LOG_BEHIND`
   */
  async function current(records?: number): Promise<IssuedCheckpoint> {
    const [last, needed] = await Promise.all([newest(), records ?? logSize(sql)])
    if (isYoung(last) && last.size >= needed) return last
    next ??= { needed, issued: onDemand() }
    next.needed = Math.max(next.needed, needed)
    return next.issued
  }

  async function onDemand(): Promise<IssuedCheckpoint> {
    await delay(Math.max(0, begunAt + PAUSE_MS - performance.now()))
    begunAt = performance.now()
    const needed = next?.needed ?? 0
    // Whoever asks from now on may need a record that this round does not cover.
    next = undefined
    const last = await newest()
    // Another process may have signed one meanwhile.
    if (isYoung(last) && last.size >= needed) return last
    const state = await published.newestState()
    return isYoung(last) && last.size >= state.size ? last : sign(state)
  }

  /** Signs a new checkpoint, even if the log is unchanged. */
  async function issue(): Promise<IssuedCheckpoint> {
    return sign(await published.newestState())
  }

  async function sign({ size, root }: { size: number; root: Buffer }): Promise<IssuedCheckpoint> {
    const issuedAt = new Date(Math.floor(Date.now() / 1_000) * 1_000)
    const token = await keys.sign(CHECKPOINT_TYPE, {
      iss: ISSUER,
      iat: issuedAt.getTime() / 1_000,
      size,
      root: root.toString('base64'),
    })
    await sql`
      insert into audit_checkpoints (size, root, issued_at, token)
      values (${size}, ${root}, ${issuedAt}, ${token})`
    log.info({ size, root: root.toString('base64'), checkpoint: token }, 'Audit checkpoint')
    if (folder !== undefined) await keep(folder, { size, issuedAt, token })
    return { size, root, issuedAt, token }
  }

  /** A full disk must not prevent a checkpoint that is already stored. */
  async function keep(path: string, { size, issuedAt, token }: Omit<IssuedCheckpoint, 'root'>) {
    const time = issuedAt.toISOString().replaceAll(/[-:]|\.\d+/g, '')
    const file = join(path, `checkpoint-${time}-${size}.jwt`)
    try {
      await writeWhole(file, `${token}\n`)
    } catch (error) {
      log.error({ err: error }, 'Could not write the audit checkpoint to its folder')
    }
  }

  return { newest, current, issue }
}

function isYoung(checkpoint: IssuedCheckpoint | null): checkpoint is IssuedCheckpoint {
  return checkpoint !== null && Date.now() - checkpoint.issuedAt.getTime() < RENEWED_MS
}

function keyIdOf(token: string): string {
  try {
    return decodeProtectedHeader(token).kid ?? ''
  } catch {
    return ''
  }
}

export function presentCheckpoint({ size, root, issuedAt, token }: IssuedCheckpoint) {
  return { size, root: root.toString('base64'), issued_at: issuedAt.toISOString(), token }
}
