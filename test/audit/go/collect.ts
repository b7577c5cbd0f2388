import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { exportLog } from '../../../src/audit/export.ts'
import { transferSource } from '../../../src/funds/log-source.ts'
import { type Checkpoint, checkpointNow, settled } from '../../support/audit.ts'
import { inParallel } from '../../support/scale.ts'
import { startService } from '../../support/service.ts'

/** Writes what a service says of its log to the file in AUDIT_FILE, for `main.go` to check. */
test('a log, its checkpoints and its proofs are collected', async (t) => {
  const service = await startService(t)
  const ask = async (path: string) => (await service.asAdmin('GET', path)).body
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  const checkpoints: Checkpoint[] = []
  for (const count of [1, 2, 3, 10, 100, 140, 1, 300, 77]) {
    await inParallel(count, 32, () =>
      service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
    )
    checkpoints.push(await checkpointNow(service))
  }
  const size = checkpoints.at(-1)?.size ?? 0
  const consistency = []
  const inclusion = []
  for (let first = 1; first <= size; first += 1 + (first % 7)) {
    const { proof } = await ask(`/api/audit/proof?size=${first}`)
    consistency.push({ size, first, proof })
    for (const index of [0, first >> 1, first - 1]) {
      const answer = await ask(`/api/audit/proof?index=${index}&size=${first}`)
      inclusion.push({ size: first, index, proof: answer.proof })
    }
  }
  await settled(service)
  const lines: Buffer[] = []
  await exportLog(service.app.audit.sql, transferSource, {
    lines: async (chunk) => void lines.push(chunk),
    hashes: async () => undefined,
    report: () => undefined,
  })
  const records = Buffer.concat(lines).toString().split('\n').slice(0, -1)
  const { keys } = (await service.call('GET', '/.well-known/jwks.json')).body
  const collected = { records, keys, checkpoints, consistency, inclusion }
  writeFileSync(process.env['AUDIT_FILE'] ?? '/dev/null', JSON.stringify(collected))
})
