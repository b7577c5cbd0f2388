import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type postgres from 'postgres'
import type { KeyRing } from '../keys/index.ts'
import { logSize } from './sequencer.ts'
import type { Publisher } from './tlog/publisher.ts'
import { CHECKPOINT_TYPE, ISSUER } from './verifier.ts'

/** A checkpoint of an unchanged log is signed again after this long. */
const RENEWED_MS = 3_600_000

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
  let underWay: Promise<IssuedCheckpoint> | undefined

  /** @throws Refusal `LOG_BEHIND` */
  async function newest(): Promise<IssuedCheckpoint | null> {
    await published.requireWhole()
    const [row] = await sql<IssuedCheckpoint[]>`
      select size::float8, root, issued_at as "issuedAt", token from audit_checkpoints
      order by size desc, id desc limit 1`
    return row ?? null
  }

  /**
   * A checkpoint of the log as it is now: the last one, if it is young and nothing has been added
   * since.
   * @throws Refusal `SIGNING_KEY_MISSING` or `LOG_BEHIND`
   */
  async function current(): Promise<IssuedCheckpoint> {
    const [last, size] = await Promise.all([newest(), logSize(sql)])
    const isYoung = last !== null && Date.now() - last.issuedAt.getTime() < RENEWED_MS
    if (last !== null && isYoung && last.size >= size) return last
    // Callers that arrive meanwhile share it, because each one costs a signature, a row, a log line
    // and a file.
    underWay ??= issue().finally(() => (underWay = undefined))
    return underWay
  }

  /** Signs a new checkpoint, even if the log is unchanged. */
  async function issue(): Promise<IssuedCheckpoint> {
    const { size, root } = await published.newestState()
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
      await mkdir(path, { recursive: true })
      await writeFile(`${file}.part`, `${token}\n`)
      await rename(`${file}.part`, file)
    } catch (error) {
      log.error({ err: error }, 'Could not write the audit checkpoint to its folder')
    }
  }

  return { newest, current, issue }
}

export function presentCheckpoint({ size, root, issuedAt, token }: IssuedCheckpoint) {
  return { size, root: root.toString('base64'), issued_at: issuedAt.toISOString(), token }
}
