import type { LogRecord, Place } from './records.ts'

/** The facts of a row of `audit_records` that has just been committed, in their order. */
export type CommittedFacts = readonly ((seq: number) => LogRecord)[]

export type RecentFacts = ReturnType<typeof recentFacts>

/** More commits than happen between two rounds; forgotten ones are read from the database. */
const COMMITS_MAX = 64

/**
 * What this process has committed and not logged yet. Rows never change, so it equals the database's
 * content, and reading that would cost up to a third of the commit.
 */
export function recentFacts() {
  // A ring instead of a Map, for the reason in `deadline.ts`.
  const commits: ({ recordId: bigint; facts: () => CommittedFacts } | null)[] = []
  let next = 0

  function remember(recordId: bigint, facts: () => CommittedFacts): void {
    commits[next] = { recordId, facts }
    next = (next + 1) % COMMITS_MAX
  }

  /** @returns the facts of a place, the first time; null if they have to be read */
  function take({ recordId, size }: Place): CommittedFacts | null {
    const index = commits.findIndex((commit) => commit?.recordId === recordId)
    const facts = commits[index]?.facts()
    if (facts === undefined) return null
    commits[index] = null
    return facts.length === size ? facts : null
  }

  /**
   * Forgets everything; called when no row waits for this process, so that personal data stays no
   * longer.
   */
  function clear(): void {
    commits.fill(null)
  }

  return { remember, take, clear }
}
