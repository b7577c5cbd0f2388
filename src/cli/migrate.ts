import { recordMigrations } from '../audit/migrated.ts'
import { AS, actorAs } from './actor.ts'
import { command } from './command.ts'
import { withDatabase } from './means.ts'

export const migrate = command({
  name: 'migrate',
  summary: "bring the database's schema up to date",
  details: `Runs as the role of MIGRATION_DATABASE_URL, and grants that of DATABASE_URL what the service needs.
Does nothing where all is so. Several at once wait for each other.`,
  operands: [],
  options: AS,
  run: async ({ options }) => {
    const actor = actorAs(options)
    await withDatabase((db, _sql, migrated) => recordMigrations(db, actor, migrated), {
      migrateOnStart: true,
    })
    return { text: 'The schema is up to date.\n' }
  },
})
