import postgres from 'postgres'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inspectEnvironment } from '../process/config.ts'
import { withDevelopmentSecrets } from '../process/development-secrets.ts'
import type { Environment } from '../process/environment.ts'
import { connect } from '../database/connect.ts'
import { startEmbeddedPostgres } from '../database/embedded/index.ts'
import { explainStartupFault } from '../process/startup-faults.ts'
import { type Examinable, type Facts, type Group, type Line, failure } from './check.ts'
import { connections } from './connections.ts'
import { database } from './database.ts'
import { secretsAndFiles } from './files.ts'
import { machine } from './machine.ts'
import { network } from './network.ts'
import { outside } from './outside.ts'
import { schema } from './schema.ts'
import { service as runningService } from './service.ts'
import { settings } from './settings.ts'
import { stripe } from './stripe.ts'

/** The production checklist, in the order of the report. */
const GROUPS: readonly Group[] = [
  settings,
  secretsAndFiles,
  database,
  connections,
  schema,
  network,
  stripe,
  machine,
  runningService,
  outside,
]

export interface Examined {
  title: string
  lines: Line[]
}

export interface Place {
  /** The folder in which the service starts. */
  folder: string
  /** The address of the service, if not HOST and PORT. */
  url?: string | undefined
}

/** Runs the whole checklist. Every fault becomes a line, and nothing is changed. */
export async function examine(
  environment: Environment,
  place: Place,
  examinables: readonly Examinable[],
  report: (done: number, total: number) => void = () => undefined,
): Promise<Examined[]> {
  const { facts, close } = await gather(environment, place, examinables)
  const examined: Examined[] = []
  try {
    for (const [index, group] of GROUPS.entries()) {
      report(index, GROUPS.length)
      examined.push({ title: group.title, lines: await linesOf(group, facts) })
    }
  } finally {
    await close()
  }
  return examined
}

export async function linesOf(group: Group, facts: Facts): Promise<Line[]> {
  try {
    return await group.examine(facts)
  } catch (error) {
    // Only the kind of an unforeseen error is shown: its message may quote a setting.
    const [reason = ''] = explainStartupFault(error).split('\n')
    const name = error instanceof postgres.PostgresError ? `SQLSTATE ${error.code}` : reason
    return [failure(group.title.toLowerCase(), `could not be looked at (${name})`, 'see the log')]
  }
}

async function gather(
  environment: Environment,
  { folder, url }: Place,
  examinables: readonly Examinable[],
): Promise<{ facts: Facts; close: () => Promise<void> }> {
  const complete = withDevelopmentSecrets(environment, false)
  const { config } = inspectEnvironment(complete)
  const { faults, secrets, keyPaths } = inspectEnvironment({ ...complete, NODE_ENV: 'production' })
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  const service = {
    origin:
      url?.replace(/(?<!\/)\/+$/, '') ??
      `http://${host.includes(':') ? `[${host}]` : host}:${config.port}`,
    isGiven: url !== undefined,
  }
  const facts: Facts = {
    environment,
    folder,
    config,
    faults,
    secrets,
    keyPaths,
    sql: null,
    databaseFault: '',
    examinables,
    service,
  }

  let embedded: Awaited<ReturnType<typeof startEmbeddedPostgres>> | undefined
  let sql: postgres.Sql | undefined
  const close = async () => {
    await sql?.end({ timeout: 5 })
    await embedded?.stop()
  }
  try {
    if (config.database.url === undefined && existsSync(join(config.dataDir, 'postgres'))) {
      embedded = await startEmbeddedPostgres({ dataDir: config.dataDir })
    }
    const target = { ...config.database, url: config.database.url ?? embedded?.url }
    if (target.url === undefined) {
      return { facts: { ...facts, databaseFault: 'there is none yet' }, close }
    }
    sql = connect(target, { name: 'doctor', connectionsMax: 1 })
    await sql`select 1`
    return { facts: { ...facts, config: { ...config, database: target }, sql }, close }
  } catch (error) {
    const [reason = ''] = explainStartupFault(error).split('\n')
    return { facts: { ...facts, databaseFault: reason }, close }
  }
}
