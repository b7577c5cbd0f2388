import type { Database } from '../../database/index.ts'
import type { TransferRow } from '../accounts.ts'
import { isOwnKey } from '../operations.ts'
import { holdId, transferId } from '../ids.ts'
import { csvLine } from './csv.ts'
import { type StatementRange, movementsOf, signedAmount } from './statement.ts'

const COLUMNS = [
  'kind',
  'created_at',
  'amount',
  'balance',
  'asset',
  'transfer_id',
  'target_id',
  'reason',
  'reference',
  'idempotency_key',
]

/** A statement as JSON, piece by piece. */
export async function* statementJson(db: Database, range: StatementRange): AsyncGenerator<string> {
  const { userId, asset, from, to, opening, closing } = range
  const head = {
    user_id: userId,
    asset,
    from: from.toISOString(),
    to: to.toISOString(),
    opening: Number(opening),
  }
  yield `${JSON.stringify(head).slice(0, -1)},"movements":[`
  let isFirst = true
  for await (const rows of movementsOf(db, range)) {
    const text = rows.map((row) => JSON.stringify(presentStatementMovement(row))).join()
    yield isFirst ? text : `,${text}`
    isFirst = false
  }
  yield `],"closing":${closing}}`
}

/** The same as CSV: a line with the columns' names, then a row `opening`, one for each movement, and `closing`. */
export async function* statementCsv(db: Database, range: StatementRange): AsyncGenerator<string> {
  const { asset, from, to, opening, closing } = range
  const none = [null, null, null, null, null]
  yield csvLine(COLUMNS)
  yield csvLine(['opening', from.toISOString(), opening, opening, asset, ...none])
  for await (const rows of movementsOf(db, range)) {
    yield rows
      .map((row) => {
        const { kind, created_at, transfer_id, target_id, ...one } = presentStatementMovement(row)
        const { reason, reference, idempotency_key } = one
        return csvLine([
          kind,
          created_at,
          signedAmount(row),
          row.balanceAfter,
          asset,
          transfer_id,
          target_id,
          reason,
          reference,
          idempotency_key,
        ])
      })
      .join('')
  }
  yield csvLine(['closing', to.toISOString(), closing, closing, asset, ...none])
}

function presentStatementMovement(row: TransferRow) {
  const target = row.targetSeq === null ? null : { accountId: row.accountId, seq: row.targetSeq }
  return {
    transfer_id: transferId(row),
    kind: row.kind,
    target_id: target && (row.kind === 'capture' ? holdId : transferId)(target),
    amount: Number(signedAmount(row)),
    balance_after: Number(row.balanceAfter),
    reason: row.reason,
    reference: row.reference,
    metadata: row.metadata,
    idempotency_key: isOwnKey(row.idempotencyKey) ? null : row.idempotencyKey,
    created_at: row.createdAt.toISOString(),
  }
}
