import assert from 'node:assert/strict'
import { describeVerification, verifyLedger } from '../../src/funds/verify.ts'
import { type TestDatabase, asAdmin } from './database.ts'

/** Fails if any rule of the ledger is broken. */
export async function assertSound(database: TestDatabase): Promise<void> {
  const verification = await asAdmin(database.adminUrl, verifyLedger)
  assert.deepEqual(verification.findings, [], describeVerification(verification))
}
