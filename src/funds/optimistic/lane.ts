import type postgres from 'postgres'
import { SHARED, type LedgerBooks, type Outcome } from '../ledger.ts'
import { type Operation, targetOf } from '../operations.ts'
import { type Charge, LEFT, type OptimisticCharges } from './charges.ts'

/**
 * Commits a batch: charges on remembered accounts in one statement, everything else under locks.
 * Both are sent together on one connection, which runs one after the other. So they do not compete
 * for an account.
 */
export async function commitInLane(
  sql: postgres.Sql,
  batch: readonly Operation[],
  optimistic: OptimisticCharges,
  books: Pick<LedgerBooks, 'commit'>,
): Promise<Outcome[]> {
  const [charges, others] = split(batch, optimistic)
  if (charges.length === 0) return books.commit(sql, batch, SHARED)
  const [charged, locked] = await Promise.all([
    optimistic.commit(sql, charges),
    others.length === 0 ? [] : books.commit(sql, others, SHARED),
  ])
  const left = charges.filter((_, index) => charged[index] === LEFT)
  const decided = left.length === 0 ? [] : await books.commit(sql, left, SHARED)
  const outcomes = new Map<Operation, Outcome | undefined>()
  charges.forEach((operation, index) => outcomes.set(operation, charged[index]))
  others.forEach((operation, index) => outcomes.set(operation, locked[index]))
  left.forEach((operation, index) => outcomes.set(operation, decided[index]))
  return batch.map((operation) => outcomes.get(operation) ?? LEFT)
}

/** The operations of one account stay together, so that they are decided in their order. */
function split(batch: readonly Operation[], { takes }: OptimisticCharges): [Charge[], Operation[]] {
  const locked = new Set<string | bigint>()
  for (const operation of batch) if (!takes(operation)) locked.add(accountNamedBy(operation))
  const charges: Charge[] = []
  const others: Operation[] = []
  for (const operation of batch) {
    if (takes(operation) && !isOneOf(locked, operation)) charges.push(operation)
    else others.push(operation)
  }
  return [charges, others]
}

/**
 * The account's user or its id, whichever the operation names. Only the user is certain: the account
 * may have come to be remembered after the operation.
 */
function accountNamedBy(operation: Operation): string | bigint {
  return 'userId' in operation ? operation.userId : targetOf(operation).accountId
}

function isOneOf(named: ReadonlySet<string | bigint>, { userId, memory }: Charge): boolean {
  return named.size > 0 && (named.has(userId) || named.has(memory.account.id))
}
