import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { once } from 'node:events'
import { type LogRecord, recordBytes } from '../../src/audit/records.ts'
import { growingTree, leafHash } from '../../src/audit/tree.ts'
import type { Checkpoint } from '../../src/audit/verifier.ts'

/** Writes an export with `count` records, and returns the checkpoint that matches it. */
export async function writeExport(path: string, count: number): Promise<Checkpoint> {
  const tree = growingTree()
  const out = createWriteStream(path, { highWaterMark: 1 << 20 })
  for (let seq = 0; seq < count; seq++) {
    const bytes = recordBytes(record(seq))
    tree.add(leafHash(bytes))
    out.write(bytes)
    if (!out.write('\n')) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return { size: count, root: tree.root(), issuedAt: new Date() }
}

/** A record like that of a charge. */
function record(seq: number): LogRecord {
  const account = `acct_${1 + (seq % 10_000)}`
  const commitment = `sha256:${(seq * 2_654_435_761).toString(16).padStart(64, 'a')}`
  return {
    seq,
    timestamp: new Date(1_790_000_000_000 + seq).toISOString(),
    event: 'funds.deducted',
    actor: 'internal:1f9a3b07',
    subject: account,
    ip: commitment,
    metadata: {
      amount: 1,
      asset: 'USD/2',
      available_after: 1_000_000_000 - seq,
      balance_after: 1_000_000_000 - seq,
      credit: 'revenue',
      debit: account,
      details: commitment,
      held_after: 0,
      kind: 'deduct',
      target_id: null,
      transfer_id: `tr_${1 + (seq % 10_000)}_${1 + Math.floor(seq / 10_000)}`,
    },
  }
}
