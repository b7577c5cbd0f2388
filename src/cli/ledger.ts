import { describeVerification, verifyLedger } from '../funds/verify.ts'
import { command } from './command.ts'
import { withDatabase } from './means.ts'

export const ledgerVerify = command({
  name: 'ledger verify',
  summary: 'check every transfer, balance and hold',
  details:
    'Reads the whole ledger in one snapshot, beside a running service. Exits with 1 if a rule is broken.',
  operands: [],
  options: {},
  json: true,
  run: async ({ withProgress }) => {
    const result = await withProgress('Verifying the ledger', (report) =>
      withDatabase((_db, sql) => verifyLedger(sql, report)),
    )
    return {
      text: describeVerification(result),
      json: result,
      isFinding: result.findings.length > 0,
    }
  },
})
