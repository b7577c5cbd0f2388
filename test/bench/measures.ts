import type postgres from 'postgres'
import { fullTiles, withLogAtRest, withLogUnpublished } from './audit.ts'
import { chargesByHand } from './by-hand.ts'
import { withNeighbours } from './cpu.ts'
import { withListeners } from './listeners.ts'
import { type Load, type LoadOptions, isInstalled } from './load.ts'
import { driverDeducts, pgbenchDeducts } from './pgbench.ts'
import type { Measures } from './turns.ts'

interface Options {
  load: Load
  /** Of the service, with the accounts and keys that are there. */
  target: LoadOptions
  /** Where nothing but Fastify answers. */
  bareOrigin: string
  adminToken: string
  /** One that is in the database. */
  storedToken: string
  /** Of the owner of the tables. */
  url: string
  sql: postgres.Sql
}

export const bareDeducts = isInstalled('pgbench') ? pgbenchDeducts : driverDeducts

/** What is measured, by name. */
export function measuresOf(options: Options): Measures {
  const { load, target: many, url, adminToken } = options
  const one = { ...many, users: 1 }
  const alone = { ...many, connections: 1 }
  const ofBare = { ...many, origin: options.bareOrigin }
  const { users, durationS, origin } = many
  const tiles = async (path: string) =>
    load.tiles(path, { ...many, users: Math.max(1, await fullTiles(options.sql)) })
  const deducts = () => load.deducts('/deduct', many)
  return {
    ...(isInstalled('pgbench') && {
      'by hand': () => chargesByHand(url, { users, durationS }),
      'by hand, one account': () => chargesByHand(url, { users: 1, durationS }),
      'by hand, one client': () => chargesByHand(url, { users, durationS, clients: 1 }),
      'by hand, busy neighbours': () =>
        withNeighbours(() => chargesByHand(url, { users, durationS })),
    }),
    'deduct, busy neighbours': () => withNeighbours(deducts),
    'deduct, one connection': () => load.deducts('/deduct', alone),
    'bare live': () => load.asks('/health/live', ofBare),
    live: () => load.asks('/health/live', many),
    'bare balance': () => load.reads('/balance', ofBare),
    'bare report': () => load.reports('/api/usage/report', ofBare),
    'bare webhook': () => load.webhooks('/api/webhooks/stripe', ofBare),
    'empty POST': () => load.deducts('/empty/deduct', many),
    deduct: deducts,
    'deduct, log at rest': () => withLogAtRest(url, deducts),
    'deduct, three endpoints': () => withListeners(origin, adminToken, deducts),
    'deduct, log unpublished': () => withLogUnpublished(url, deducts),
    'bare deduct': () => bareDeducts(url, many),
    'hot deduct': () => load.deducts('/deduct', one),
    'bare hot deduct': () => bareDeducts(url, one),
    'batched deduct': () => load.batches('/transfers/batch', many),
    'batched hot deduct': () => load.batches('/transfers/batch', one),
    'deduct with a grant': () => load.deducts('/deduct', { ...many, prefix: 'granted-' }),
    'deduct with three budgets': () => load.deducts('/deduct', { ...many, prefix: 'budgeted-' }),
    check: () => load.checks('/check', many),
    'empty GET': () => load.reads('/empty/balance', many),
    balance: () => load.reads('/balance', many),
    'empty report': () => load.reports('/empty/usage/report', many),
    report: () => load.reports('/api/usage/report', many),
    'empty tile': () => tiles('/empty/tile'),
    tile: () => tiles('/log/tile'),
    'empty checkpoint': () => load.asks('/empty/checkpoint', many),
    'published checkpoint': () => load.asks('/log/checkpoint', many),
    'empty webhook': () => load.webhooks('/empty/webhooks/stripe', many),
    webhook: () => load.webhooks('/api/webhooks/stripe', many),
    'open key check': () => load.asks('/empty/open', many),
    'key check': () => load.asks('/empty/guarded', many),
    'token of the environment': () => load.reads('/empty/balance', many),
    'token of the database': () =>
      load.reads('/empty/balance', { ...many, token: options.storedToken }),
  }
}
