import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyExport } from '../../src/audit/verify-export.ts'
import { writeExport } from '../support/audit-export.ts'
import { counts } from '../support/counts.ts'
import { scaled } from '../support/scale.ts'

const RECORDS = scaled(10_000_000, 12_000, 500_000)
/** What Node itself, the tests' loader and buffers under way take; the export has gigabytes. */
const MEMORY_MAX_BYTES = 300e6

test('a log of any length verifies in one pass and constant memory', async (t) => {
  counts(t, { promise: '15', what: 'Records of a log that verifies in one pass', trials: RECORDS })
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-large-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'export.jsonl')
  const checkpoint = await writeExport(path, RECORDS)

  let memory = 0
  const begunAt = performance.now()
  const verdict = await verifyExport(path, {
    checkpoints: [checkpoint],
    report: () => (memory = Math.max(memory, process.memoryUsage().rss)),
  })
  const seconds = (performance.now() - begunAt) / 1_000
  assert.deepEqual(verdict, {
    records: RECORDS,
    vouchedFor: RECORDS,
    firstMisfit: null,
    findings: [],
  })
  assert.ok(memory < MEMORY_MAX_BYTES, `${memory} bytes`)
  t.diagnostic(
    `${RECORDS} records, ${(statSync(path).size / 1e6).toFixed(0)} MB, in ${seconds.toFixed(1)} s: ` +
      `${Math.round(RECORDS / seconds)} a second in ${(memory / 1e6).toFixed(0)} MB`,
  )
})
