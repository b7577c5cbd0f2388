import type { Transfer } from '../funds/operations.ts'
import type { LogRecord, Place } from './records.ts'
import { committedRecord } from './transfer-record.ts'

/** Of one commit: the transfers in the order of their row, and the salts of their accounts. */
export interface CommittedMovements {
  transfers: readonly Transfer[]
  accounts: readonly { id: bigint; salt: Buffer | null }[]
}

export type RecentMovements = ReturnType<typeof recentMovements>

/** More commits than come between two rounds; what is forgotten is read. */
const COMMITS_MAX = 64

/**
 * What this process has committed and not logged yet. It is what the database has, since rows are never
 * changed, and to read it back would cost as much as a third of the commit.
 */
export function recentMovements() {
  // A ring, and no Map: see `deadline.ts`.
  const commits: ({ recordId: bigint; movements: CommittedMovements } | null)[] = []
  let next = 0

  function remember(recordId: bigint, movements: CommittedMovements): void {
    commits[next] = { recordId, movements }
    next = (next + 1) % COMMITS_MAX
  }

  /** @returns the records of a place, once; null if they have to be read */
  function take({ recordId, firstSeq, size }: Place): LogRecord[] | null {
    const index = commits.findIndex((commit) => commit?.recordId === recordId)
    const movements = commits[index]?.movements
    if (movements === undefined) return null
    commits[index] = null
    const { transfers, accounts } = movements
    const salts = new Map(accounts.map(({ id, salt }) => [id, salt]))
    const records = transfers.flatMap((transfer, place) => {
      const salt = salts.get(transfer.accountId)
      return salt == null ? [] : [committedRecord(transfer, salt, firstSeq + place)]
    })
    return records.length === size ? records : null
  }

  /** To be called when none of it waits for this process: what is personal of it stays no longer. */
  function clear(): void {
    commits.fill(null)
  }

  return { remember, take, clear }
}
