import type postgres from 'postgres'
import { type Config, inspectEnvironment, processEnvironment } from '../process/config.ts'
import { withDevelopmentSecrets } from '../process/development-secrets.ts'
import type { Facts, Group, Line } from './check.ts'
import { connections } from './connections.ts'
import { database } from './database.ts'
import { linesOf } from './examine.ts'
import { secretsAndFiles } from './files.ts'
import { machine } from './machine.ts'
import { network } from './network.ts'
import { settings } from './settings.ts'

/** Those that are quick whatever is stored. */
const GROUPS: readonly Group[] = [
  settings,
  secretsAndFiles,
  database,
  connections,
  network,
  machine,
]

/** The checklist as far as a running service sees it by itself, on a connection that it has. */
export async function examineFromInside(
  config: Config,
  sql: postgres.Sql,
): Promise<(Line & { group: string })[]> {
  const environment = processEnvironment()
  const complete = withDevelopmentSecrets(environment, false)
  const { faults, secrets, keyPaths } = inspectEnvironment({ ...complete, NODE_ENV: 'production' })
  const facts: Facts = {
    environment,
    folder: process.cwd(),
    config,
    faults,
    secrets,
    keyPaths,
    sql,
    databaseFault: '',
    examinables: [],
    service: { origin: '', isGiven: false },
  }
  const found = []
  for (const group of GROUPS) {
    for (const line of await linesOf(group, facts)) found.push({ group: group.title, ...line })
  }
  return found
}
