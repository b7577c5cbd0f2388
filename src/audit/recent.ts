import type { LogRecord, Place } from './records.ts'

/** The facts of a row of `audit_records` that has just been committed, in their order. */
export type CommittedFacts = readonly ((seq: number) => LogRecord)[]

export type RecentFacts = ReturnType<typeof recentFacts>

/** More commits than come between two rounds; what is forgotten is read. */
const COMMITS_MAX = 64

/**
 * What this process has committed and not logged yet. It is what the database has, since rows are never
 * changed, and to read it back would cost as much as a third of the commit.
 */
export function recentFacts() {
  // A ring, and no Map: see `deadline.ts`.
  const commits: ({ recordId: bigint; facts: () => CommittedFacts } | null)[] = []
  let next = 0

  function remember(recordId: bigint, facts: () => CommittedFacts): void {
    commits[next] = { recordId, facts }
    next = (next + 1) % COMMITS_MAX
  }

  /** @returns the records of a place, once; null if they have to be read */
  function take({ recordId, firstSeq, size }: Place): LogRecord[] | null {
    const index = commits.findIndex((commit) => commit?.recordId === recordId)
    const facts = commits[index]?.facts()
    if (facts === undefined) return null
    commits[index] = null
    return facts.length === size ? facts.map((record, place) => record(firstSeq + place)) : null
  }

  /** To be called when none of it waits for this process: what is personal of it stays no longer. */
  function clear(): void {
    commits.fill(null)
  }

  return { remember, take, clear }
}
