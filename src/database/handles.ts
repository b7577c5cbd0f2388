import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'

export type Database = PostgresJsDatabase

/** What a Drizzle transaction's callback gets; inside it, `db` itself would wait for a second connection. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]
