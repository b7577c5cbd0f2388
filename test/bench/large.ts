import { connect } from '../../src/database/connect.ts'
import { migrate } from '../../src/database/migrate.ts'
import { asAdmin, configOf, databaseUrl } from '../support/database.ts'
import type { Running } from './processes.ts'
import type { Row, Samples, Seen } from './report.ts'
import { fillLedger, openUsers } from './seed.ts'
import { rowsOf } from './targets.ts'
import { measureInTurns } from './turns.ts'

interface Options {
  /** Of the owner of the tables, of the service, and of who may create databases. */
  urls: { owner: string; service: string; admin: string }
  users: number
  rounds: number
  durationS: number
  /** A service on a database. */
  start: (database: string) => Promise<Running>
  charges: (origin: string, durationS: number) => Promise<Seen>
}

const SIZES = { '10 thousand': 10_000, '10 million': 10_000_000 }
/** After a checkpoint the first change of each page is written whole; that is over then. */
const WARM_S = 20

/** Two databases on one server, each with a service of its own, whose measurements are interleaved once both are warm. */
export async function measureLarge(options: Options, samples: Samples): Promise<Row[]> {
  const { urls, durationS, rounds, start, charges } = options
  const services: Running[] = []
  try {
    const measures: Record<string, () => Promise<Seen>> = {}
    for (const [name, count] of Object.entries(SIZES)) {
      process.stderr.write(`Storing ${name} transfers\n`)
      const service = await start(await filledDatabase(options, count))
      services.push(service)
      await charges(service.origin, WARM_S)
      measures[`deduct, ${name} stored`] = () => charges(service.origin, durationS)
    }
    await measureInTurns(measures, samples, { rounds, durationS })
  } finally {
    for (const { stop } of services) await stop()
    for (const count of Object.values(SIZES)) {
      await asAdmin(urls.admin, (sql) => sql.unsafe(`drop database if exists ${nameFor(count)}`))
    }
  }
  const target = {
    what: 'POST /deduct, 10 million transfers stored',
    subject: 'deduct, 10 million stored',
    against: '10 thousand',
    base: 'deduct, 10 thousand stored',
    least: 0.95,
  }
  return rowsOf([target], samples)
}

function nameFor(count: number): string {
  return `strongroom_bench_${count}`
}

/** A database of the same server with so many transfers, settled as one is that has grown slowly. */
async function filledDatabase({ urls, users }: Options, count: number): Promise<string> {
  const name = nameFor(count)
  const owner = new URL(urls.owner).username
  await asAdmin(urls.admin, async (admin) => {
    await admin.unsafe(`drop database if exists ${name}`)
    await admin.unsafe(`create database ${name} owner ${owner}`)
  })
  const config = configOf(databaseUrl(urls.owner, name))
  const service = databaseUrl(urls.service, name)
  await migrate(config, configOf(service))
  const sql = connect(config, { name: 'bench', connectionsMax: 1 })
  await sql`set statement_timeout = 0`
  await openUsers(sql, users)
  await fillLedger(sql, count)
  await sql`vacuum analyze`
  await sql`checkpoint`.catch(() => undefined)
  await sql.end()
  return service
}
