#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import { buildApp } from './app.ts'
import { issueKey, revokeKey } from './api-keys/service.ts'
import { type Config, processEnvironment, readConfig } from './config.ts'
import { withDevelopmentSecrets } from './development-secrets.ts'
import { describeVerification, verifyLedger } from './funds/verify.ts'
import {
  UnreadableFile,
  readJwks,
  readRevocations,
  verifyLicenseFile,
} from './licenses/verify-file.ts'
import { connect } from './plugins/database/connect.ts'
import type { Database } from './plugins/database/index.ts'
import { openKeyRing } from './plugins/key-ring/index.ts'
import { openDatabase } from './plugins/database/open.ts'
import { createLogger } from './plugins/logging.ts'
import { Refusal } from './refusals.ts'
import { explainStartupFault } from './startup-faults.ts'
import { describeReconciliation, reconcile } from './subscriptions/reconcile.ts'
import { describeEvent, listEvents, replayEvent } from './webhooks/operate.ts'
import { EVENT_STATUSES } from './webhooks/tables.ts'

const USAGE = `Usage: strongroom <command>

  migrate                               bring the database's schema up to date
  keys issue <customer_id> [--name N]   issue an API key and print it, this once
  keys revoke <customer_id> <key_id>    end an API key
  ledger verify                         check every transfer, balance and hold
  license verify <file> [--jwks file] [--revocations file] [--customer id]
                                        check a licence, with the keys of a file or else our own
  events list [--status S]              the newest events of Stripe: pending, applied, ignored, parked
  events replay <event_id>              apply an event again; what it did is not done twice
  subscriptions reconcile               compare subscriptions with Stripe's and mend what differs

Exit codes: 0 done, 1 a finding, a refusal or a fault, 2 a wrong call.
`

const SYSTEM = { id: 'system', ip: null }

class WrongCall extends Error {}

async function run(args: string[]): Promise<string> {
  const { positionals, values } = parseCall(args)
  if (values.help === true) return USAGE
  switch (positionals.slice(0, 2).join(' ')) {
    case 'migrate':
      await withDatabase({ migrateOnStart: true }, async () => undefined)
      return 'The schema is up to date.\n'
    case 'keys issue': {
      const [customerId] = operands(positionals, 1)
      const options = values.name === undefined ? {} : { name: values.name }
      const { apiKey } = await withDatabase({}, (db) => issueKey(db, SYSTEM, customerId, options))
      return `${apiKey}\n`
    }
    case 'keys revoke': {
      const [customerId, keyId] = operands(positionals, 2)
      await withDatabase({}, (db) => revokeKey(db, SYSTEM, { customerId, keyId }))
      return `Revoked ${keyId}.\n`
    }
    case 'ledger verify': {
      operands(positionals, 0)
      const result = await withDatabase({}, (_db, sql) => verifyLedger(sql))
      if (result.findings.length > 0) process.exitCode = 1
      return describeVerification(result)
    }
    case 'license verify': {
      const [path] = operands(positionals, 1)
      const { report, isValid } = verifyLicenseFile(path, {
        jwks: values.jwks === undefined ? await ownJwks() : readJwks(values.jwks),
        customerId: values.customer ?? null,
        ...(values.revocations !== undefined && {
          revocations: readRevocations(values.revocations),
        }),
      })
      if (!isValid) process.exitCode = 1
      return report
    }
    case 'events list': {
      operands(positionals, 0)
      const status = EVENT_STATUSES.find((one) => one === values.status)
      if (values.status !== undefined && status === undefined) throw new WrongCall()
      const events = await withDatabase({}, (db) => listEvents(db, status && { status }))
      return events.map(describeEvent).join('')
    }
    case 'events replay': {
      const [id] = operands(positionals, 1)
      await withDatabase({}, (db) => replayEvent(db, SYSTEM, id))
      return `Replaying ${id}.\n`
    }
    case 'subscriptions reconcile': {
      operands(positionals, 0)
      const result = await withApp((app) => reconcile(app, app.stripe()))
      if (result.mended.length > 0 || result.missing.length > 0) process.exitCode = 1
      return describeReconciliation(result)
    }
    default:
      throw new WrongCall()
  }
}

function parseCall(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        status: { type: 'string' },
        jwks: { type: 'string' },
        revocations: { type: 'string' },
        customer: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch {
    throw new WrongCall()
  }
}

function operands(positionals: string[], count: 0): []
function operands(positionals: string[], count: 1): [string]
function operands(positionals: string[], count: 2): [string, string]
function operands(positionals: string[], count: number): string[] {
  const rest = positionals.slice(2)
  if (rest.length !== count) throw new WrongCall()
  return rest
}

async function ownJwks() {
  const config = readConfig(withDevelopmentSecrets(processEnvironment()))
  return (await openKeyRing(config.keys)).jwks
}

async function withDatabase<T>(
  changes: Partial<Config>,
  work: (db: Database, sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const config = readConfig(withDevelopmentSecrets(processEnvironment()))
  const database = await openDatabase({ ...config, ...changes }, () => undefined)
  // Drizzle changes its client's serialisers, so raw SQL has one of its own.
  const client = connect(database.config, { name: 'command', connectionsMax: 1 })
  const sql = connect(database.config, { name: 'command', connectionsMax: 1 })
  try {
    return await work(drizzle(client, { casing: 'snake_case' }), sql)
  } finally {
    await Promise.all([client.end({ timeout: 5 }), sql.end({ timeout: 5 })])
    await database.close()
  }
}

/** For what needs the app's plugins, such as Stripe's client. */
async function withApp<T>(work: (app: FastifyInstance) => Promise<T>): Promise<T> {
  const config = readConfig(withDevelopmentSecrets(processEnvironment()))
  const database = await openDatabase(config, () => undefined)
  const app = await buildApp({ ...config, database: database.config }, createLogger('silent'))
  try {
    await app.ready()
    return await work(app)
  } finally {
    await app.close()
    await database.close()
  }
}

try {
  process.stdout.write(await run(process.argv.slice(2)))
} catch (error) {
  if (error instanceof WrongCall) {
    process.stderr.write(USAGE)
    process.exitCode = 2
  } else if (error instanceof UnreadableFile) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  } else {
    const reason = error instanceof Refusal ? error.message : explainStartupFault(error)
    process.stderr.write(`${reason}\n`)
    process.exitCode = 1
  }
}
