import assert from 'node:assert/strict'
import { exportLog } from '../../src/audit/export.ts'
import { transferSource } from '../../src/funds/log-source.ts'
import { eventually } from './processes.ts'
import type { Service } from './service.ts'
import { query } from './tables.ts'

/** Waits until everything that was committed is in the log. */
export async function settled(service: Pick<Service, 'database'>): Promise<void> {
  const isEmpty = async () =>
    (await query(service.database, 'select 1 from audit_queue limit 1')).length === 0
  assert.ok(await eventually(isEmpty, 10_000), 'records still wait for the log')
}

export interface Checkpoint {
  size: number
  root: string
  issued_at: string
  token: string
}

/** A checkpoint of everything that was committed. */
export async function checkpointNow(service: Service): Promise<Checkpoint> {
  await settled(service)
  const { status, body } = await service.asAdmin('GET', '/api/audit/checkpoint')
  assert.equal(status, 200, JSON.stringify(body))
  return body as Checkpoint
}

/** Fails if a record differs by a byte from what was logged. */
export async function assertAuditSound(service: Service): Promise<void> {
  await settled(service)
  const { firstMisfit } = await exportLog(service.app.audit.sql, transferSource, {
    lines: async () => undefined,
    hashes: async () => undefined,
    report: () => undefined,
  })
  assert.equal(firstMisfit, null)
}
