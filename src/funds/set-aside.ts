import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import type { Operation } from './operations.ts'
import type { BatchInput } from './statements.ts'

/**
 * The operation was left out of its batch, so as not to delay it: its account is locked by another
 * transaction, or has too many holds to count. Nothing was done; it is tried again separately.
 */
export class SetAside extends Error {}

/** The holder that an operation names: a user, or an account by its id. */
export function holderOf(operation: Pick<Operation, 'kind'> & Partial<Named>): string {
  if (operation.userId !== undefined) return operation.userId
  return accountHolder((operation.charge ?? operation.hold ?? operation.grant)?.accountId ?? 0n)
}

interface Named {
  userId: string
  charge: { accountId: bigint }
  hold: { accountId: bigint }
  grant: { accountId: bigint }
}

/** No user's id contains a `#`. */
export function accountHolder(id: bigint): string {
  return `#${id}`
}

/**
 * Finds the accounts that a batch requested and did not get although they exist: another transaction
 * has or had them locked.
 * @returns their holders
 */
export async function findBusy(
  sql: postgres.Sql,
  { userIds, accountIds }: Pick<BatchInput, 'userIds' | 'accountIds'>,
  got: readonly { id: bigint; userId: string }[],
): Promise<string[]> {
  const users = new Set(got.map((account) => account.userId))
  const ids = new Set(got.map((account) => account.id))
  const missingUsers = userIds.filter((userId) => !users.has(userId))
  const missingIds = accountIds.filter((id) => !ids.has(id))
  if (missingUsers.length === 0 && missingIds.length === 0) return []
  const rows = await sql<{ id: bigint; userId: string }[]>`
    select id, user_id as "userId" from accounts
    where user_id = any(${array(missingUsers)}::text[])
      or (user_id is not null and id = any(${array(missingIds)}::bigint[]))`
  return rows.flatMap(({ id, userId }) => [userId, accountHolder(id)])
}
