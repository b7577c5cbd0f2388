import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'

/** The numbers of advisory locks, with their meaning. */
const NUMBERS: Record<string, string> = {
  5746104: 'the number of erasures',
  5746105: "the number of Stripe's customer",
  5746106: 'the number of prices',
  5746119: 'the number of endpoints',
}

const LOCKING =
  /pg_advisory_xact_lock|graphile_worker\.add_job|insert into (\w+)|update (\w+)(?: \w+)? set|delete from (\w+)|for (?:no key )?update(?: of (\w+))?|for (?:key )?share(?: of (\w+))?/g

/** The locks of one statement, in the order of its text; a table's name stands for locked rows. */
export function locksOf(statement: string, parameters: readonly unknown[]): string[] {
  const text = statement.toLowerCase().replaceAll('"', '').replace(/\s+/g, ' ')
  return [...text.matchAll(LOCKING)].map((match) => {
    const [whole, inserted, updated, deleted, ofUpdate, ofShare] = match
    if (whole.startsWith('pg_advisory')) {
      const known = parameters.map(String).find((value) => value in NUMBERS)
      return NUMBERS[known ?? ''] ?? 'a number'
    }
    if (whole.startsWith('graphile')) return 'the job queue'
    const named = inserted ?? updated ?? deleted
    if (named !== undefined) return named
    const [, from] = /.* from (\w+)/.exec(text.slice(0, match.index)) ?? []
    const alias = ofUpdate ?? ofShare
    const [, aliased] = new RegExp(`(\\w+) (?:as )?${alias} `).exec(text) ?? []
    return alias === undefined ? (from ?? '') : (realName(text, alias) ?? aliased ?? alias)
  })
}

/** An alias may be a table's own name. */
function realName(text: string, name: string): string | undefined {
  return new RegExp(`(?:from|join) ${name}\\b`).test(text) ? name : undefined
}

/**
 * Records the locks taken on Drizzle's pools while something runs: for each transaction, and for each
 * statement outside of one, the names in order, each once.
 */
export function lockRecorder({ databases }: FastifyInstance) {
  let recorded: string[][] = []
  const open = new Map<number, string[]>()
  for (const db of Object.values(databases)) {
    const { $client } = db as unknown as { $client: postgres.Sql }
    $client.options.debug = (connection, statement, parameters) => {
      const [word = '', next] = statement.trim().toLowerCase().split(/\W/)
      if (word === 'begin') open.set(connection, start())
      // A rollback to a savepoint does not end the transaction.
      else if (word === 'commit' || (word === 'rollback' && next !== 'to')) open.delete(connection)
      else {
        const locks = open.get(connection) ?? start()
        for (const lock of locksOf(statement, parameters)) {
          if (!locks.includes(lock)) locks.push(lock)
        }
      }
    }
  }

  function start(): string[] {
    const locks: string[] = []
    recorded.push(locks)
    return locks
  }

  return async (work: () => Promise<unknown>): Promise<string[]> => {
    recorded = []
    await work()
    const texts = recorded.filter((locks) => locks.length > 0).map((locks) => locks.join(' → '))
    return [...new Set(texts)]
  }
}
