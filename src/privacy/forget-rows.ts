import { sql } from 'drizzle-orm'
import { array } from '../database/arrays.ts'
import type { Step } from './row.ts'

/**
 * A step that deletes a customer's rows from a table, by its column `customer_id`. It locks them
 * first, in a statement of their own: a row that another transaction has changed meanwhile has a new
 * place, which only a later statement finds.
 */
export function forgetRowsOf(table: string): Step {
  const name = sql.identifier(table)
  return async (tx, { customerId }, limit) => {
    if (customerId === null) return 0
    const locked = await tx.execute<{ place: string }>(sql`
      select ctid::text as place from ${name} where customer_id = ${customerId}
      limit ${limit} for update`)
    if (locked.length === 0) return 0
    const places = array(locked.map(({ place }) => place))
    await tx.execute(sql`delete from ${name} where ctid = any(${places}::tid[])`)
    return locked.length
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
