import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'

export type Database = PostgresJsDatabase

/**
 * The argument of a Drizzle transaction's callback. Inside it, `db` itself would wait for a second
 * connection.
 */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]
