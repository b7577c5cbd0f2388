import type postgres from 'postgres'

/** How many transactions may wait for a connection of one pool; further ones are refused at once. */
const WAITING_MAX = 200

/** The code with which the server says that it has no connection left (53300): nothing has begun. */
export class NoConnectionFree extends Error {
  readonly code = '53300'

  constructor() {
    super('No connection became free in time')
  }
}

/**
 * Bounds the queue of a pool's transactions. The driver's own queue has no bound: a transaction whose
 * caller has long given up would still begin. One connection is reserved for reads, which are always
 * short.
 * @param waitMsMax how long a transaction may wait for its turn
 */
export function boundTransactions(sql: postgres.Sql, max: number, waitMsMax: number): void {
  const begin = sql.begin.bind(sql) as (...given: unknown[]) => Promise<unknown>
  const waiting: (() => void)[] = []
  let free = max

  function turn(): Promise<void> {
    if (free > 0) {
      free -= 1
      return Promise.resolve()
    }
    if (waiting.length >= WAITING_MAX) return Promise.reject(new NoConnectionFree())
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        waiting.splice(waiting.indexOf(next), 1)
        reject(new NoConnectionFree())
      }, waitMsMax)
      const next = () => {
        clearTimeout(giveUp)
        resolve()
      }
      waiting.push(next)
    })
  }

  function release(): void {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }

  async function bounded(...given: unknown[]): Promise<unknown> {
    await turn()
    try {
      return await begin(...given)
    } finally {
      release()
    }
  }
  sql.begin = bounded as typeof sql.begin
}
