import type postgres from 'postgres'
import { rootOf } from './proofs.ts'
import type { LogSource } from './source.ts'
import { tileReader } from './tiles.ts'
import { leafHash } from './tree.ts'
import { type Checkpoint, openCheckpoint } from './verifier.ts'
import { type Verdict, judgeOf } from './verify-export.ts'
import { inSnapshot, walkLog } from './walk.ts'

export interface DatabaseOptions {
  jwks: { readonly keys: readonly object[] }
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
  { jwks, checkpoints, report }: DatabaseOptions,
): Promise<Verdict> {
  return inSnapshot(sql, async (tx, size) => {
    const stored = await storedCheckpoints(tx, jwks)
    const judge = judgeOf([...stored.valid, ...checkpoints])
    for await (const page of walkLog(tx, source, size)) {
      for (const { seq, bytes, logged } of page) {
        if (bytes === null) judge.misfit(seq, 'is gone')
        if (logged === null) judge.misfit(seq, 'has no hash in the tree')
        const leaf = bytes === null ? NOTHING : leafHash(bytes)
        judge.add(leaf, bytes === null ? (logged ?? NOTHING) : logged)
      }
      report(judge.size(), size)
    }
    const verdict = judge.verdict()
    const root = await rootOf(tileReader(tx), size).catch(() => null)
    if (root?.equals(judge.root()) !== true) {
      verdict.findings.push('The tiles of the tree do not add up')
    }
    if (stored.invalid > 0) {
      verdict.findings.push(
        `${stored.invalid} stored checkpoints are not signed by a known key (earlier keys can be named with --jwks)`,
      )
    }
    verdict.findings.push(...(await writtenAround(tx)), ...(await source.writtenAround(tx)))
    return verdict
  })
}

const NOTHING = Buffer.alloc(32)

async function storedCheckpoints(tx: postgres.Sql, jwks: DatabaseOptions['jwks']) {
  const rows = await tx<{ token: string }[]>`select token from audit_checkpoints order by size`
  const opened = await Promise.all(rows.map(({ token }) => openCheckpoint(token, jwks)))
  const valid = opened.filter((one) => one !== null)
  return { valid, invalid: opened.length - valid.length }
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
