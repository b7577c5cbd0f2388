import type postgres from 'postgres'
import { rootOf } from './proofs.ts'
import type { Trust } from './files.ts'
import type { LogSource } from './source.ts'
import { type LogSettings, identify } from './tlog/identity.ts'
import type { LogRow } from './tlog/row.ts'
import { tileReader } from './tiles.ts'
import { leafHash } from './tree.ts'
import { type Checkpoint, openCheckpoint, openNote, witnessed } from './verifier.ts'
import { type Verdict, judgeOf } from './verify-export.ts'
import { inSnapshot, walkLog } from './walk.ts'

export interface DatabaseOptions extends Trust {
  /** The settings of the log in this database; null if its key is among `logs`. */
  settings: LogSettings | null
  /**
   * Checkpoints that were kept elsewhere. Without them, a truncated log can look like a younger one.
   */
  checkpoints: readonly Checkpoint[]
  report: (done: number, total: number) => void
}

/**
 * Verifies the log in the database, beside a running service: each record against the hash that was
 * logged, the tree against every checkpoint, and that no row has bypassed the log.
 */
export function verifyDatabase(
  sql: postgres.Sql,
  source: LogSource,
  options: DatabaseOptions,
): Promise<Verdict> {
  return inSnapshot(sql, async (tx, size) => {
    const { jwks, checkpoints, report } = options
    const published = await publishedCheckpoint(tx, options)
    const judge = judgeOf([...published.valid, ...checkpoints])
    const faults = { unknown: 0, misplaced: 0 }
    /** Has the log compared with the stored checkpoints of these sizes, both included. */
    const expectStored = async (from: number, to: number | null) => {
      for await (const page of storedCheckpoints(tx, from, to)) {
        const keys = await jwks()
        const opened = await Promise.all(page.map(({ token }) => openCheckpoint(token, keys)))
        const valid = opened.filter((one) => one !== null)
        // A checkpoint under another size would come too late to be compared.
        const placed = opened.filter((one, at) => one !== null && one.size === page[at]?.size)
        faults.unknown += opened.length - valid.length
        faults.misplaced += valid.length - placed.length
        judge.expect(placed.filter((one) => one !== null))
      }
    }
    await expectStored(0, 0)
    for await (const page of walkLog(tx, source, size)) {
      await expectStored(judge.size() + 1, judge.size() + page.length)
      for (const { seq, bytes, logged } of page) {
        if (bytes === null) judge.misfit(seq, 'is gone')
        if (logged === null) judge.misfit(seq, 'has no hash in the tree')
        const leaf = bytes === null ? NOTHING : leafHash(bytes)
        judge.add(leaf, bytes === null ? (logged ?? NOTHING) : logged)
      }
      report(judge.size(), size)
    }
    await expectStored(judge.size() + 1, null)
    const verdict = judge.verdict()
    const root = await rootOf(tileReader(tx), size).catch(() => null)
    if (root?.equals(judge.root()) !== true) {
      verdict.findings.push('The tiles of the tree do not add up')
    }
    if (faults.misplaced > 0) {
      verdict.findings.push(
        `${faults.misplaced} stored checkpoints are not of the size in their row`,
      )
    }
    if (faults.unknown > 0) {
      verdict.findings.push(
        `${faults.unknown} stored checkpoints are not signed by a known key (earlier keys can be named with --jwks)`,
      )
    }
    verdict.findings.push(
      ...published.findings,
      ...(await writtenAround(tx)),
      ...(await source.writtenAround(tx)),
    )
    return verdict
  })
}

const NOTHING = Buffer.alloc(32)
const CHECKPOINTS_MAX = 500

/** The newest published checkpoint, judged as anyone outside would judge it. */
async function publishedCheckpoint(
  tx: postgres.Sql,
  { settings, logs, policy }: DatabaseOptions,
): Promise<{ valid: Checkpoint[]; findings: string[] }> {
  type Published = Pick<LogRow, 'logId' | 'origin' | 'vkey' | 'note' | 'publishedAt'>
  const [row] = await tx<Published[]>`
    select log_id as "logId", origin, vkey, note, published_at as "publishedAt" from published_log`
  const own = row === undefined || settings === null ? null : await identify(row, settings)
  const keys = own?.signing == null ? logs : [own.signing.note]
  if (row?.note == null) {
    return { valid: [], findings: policy === null ? [] : ['No checkpoint was ever published'] }
  }
  // Without a key the published checkpoint can't be judged. That is a finding only with a policy.
  if (keys.length === 0 && policy === null) return { valid: [], findings: [] }
  const opened = await Promise.all(keys.map((key) => openNote(row.note ?? '', key)))
  const note = opened.find((one) => one !== null)
  if (note == null) {
    return { valid: [], findings: ['The published checkpoint is not signed by the key of the log'] }
  }
  const seen = policy === null ? null : await witnessed(note, policy)
  const findings =
    seen?.isQuorum === false
      ? ['The published checkpoint is cosigned by too few of the witnesses']
      : []
  const issuedAt = row.publishedAt ?? new Date(0)
  return { valid: [{ size: note.size, root: note.root, issuedAt }], findings }
}

interface StoredCheckpoint {
  size: number
  token: string
}

/** The stored checkpoints of these sizes, in pages: there may be one for each second. */
async function* storedCheckpoints(
  tx: postgres.Sql,
  from: number,
  to: number | null,
): AsyncGenerator<StoredCheckpoint[]> {
  const upTo = to === null ? tx`` : tx`and size <= ${String(to)}::bigint`
  const rows = tx<StoredCheckpoint[]>`
    select size::float8, token from audit_checkpoints where size >= ${String(from)}::bigint ${upTo}
    order by audit_checkpoints.size`
  for await (const page of rows.cursor(CHECKPOINTS_MAX)) yield page
}

/** Rows that should be in the log, and are neither there nor in the queue. */
async function writtenAround(tx: postgres.Sql): Promise<string[]> {
  const [found] = await tx<{ rows: number; values: number }[]>`
    select
      (select count(*)::int from audit_records r
        where not exists (select from audit_places p where p.record_id = r.id)
          and not exists (select from audit_queue q where q.record_id = r.id)) as rows,
      (select count(*)::int from audit_personal
        where commitment <> 'sha256:' || encode(sha256(salt || convert_to(value, 'UTF8')), 'hex')) as values`
  const counts = [
    [found?.rows ?? 0, 'rows of audit_records never came to the log'],
    [found?.values ?? 0, 'personal values are not what their records have commitments to'],
  ] as const
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
}
