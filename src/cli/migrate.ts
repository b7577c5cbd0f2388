import { command } from './command.ts'
import { withDatabase } from './means.ts'

export const migrate = command({
  name: 'migrate',
  summary: "bring the database's schema up to date",
  details: 'Does nothing if it already is. Concurrent runs wait for each other.',
  operands: [],
  options: {},
  run: async () => {
    await withDatabase(async () => undefined, { migrateOnStart: true })
    return { text: 'The schema is up to date.\n' }
  },
})
