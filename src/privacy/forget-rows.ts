import { sql } from 'drizzle-orm'
import type { Step } from './row.ts'

/** A step that deletes a customer's rows from a table, by its column `customer_id`. */
export function forgetRowsOf(table: string): Step {
  const name = sql.identifier(table)
  return async (tx, { customerId }, limit) => {
    if (customerId === null) return 0
    const gone = await tx.execute(sql`
      delete from ${name} where ctid = any(array(
        select ctid from ${name} where customer_id = ${customerId} limit ${limit} for update
      ))
      returning 1 as one`)
    return gone.length
  }
}

/** Steps that have one number, one after the other. */
export function together(...steps: readonly Step[]): Step {
  return async (tx, row, limit) => {
    let count = 0
    for (const step of steps) {
      if (count < limit) count += await step(tx, row, limit - count)
    }
    return count
  }
}
