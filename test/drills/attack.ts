import { randomBytes } from 'node:crypto'
import { feelAttacks, ratioOf } from '../bench/abuse.ts'
import { createCustomers } from '../bench/seed.ts'
import { createDatabase } from '../support/database.ts'
import { scaled } from '../support/scale.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'
import { drill } from './report.ts'

/**
 * `npm run drill -- --only attack`: customers call at a steady rate, in turns with and without 500 wrong keys a second
 * and 2,000 slow connections from all over the world. The promise allows twice the time; what the bench aims at is
 * less.
 */
const ROUNDS = scaled(9, 1, 5)
/** Of calls in a round, with and without; also the time in which slow connections are closed and others opened. */
const ROUND_S = 10
const TIMES_MAX = 2
const CUSTOMERS = 10

await drill('An attack beside good calls', async (report, ends) => {
  const database = await createDatabase()
  ends.after(() => database.drop())
  const adminToken = randomBytes(32).toString('hex')
  // With the limits that a service has by itself; the attackers’ addresses come from a proxy.
  const { origin } = await startServiceProcess(ends, newDataDir(ends), {
    DATABASE_URL: database.url,
    ADMIN_API_TOKEN: adminToken,
    TRUST_PROXY: '127.0.0.1',
    LOG_LEVEL: 'warn',
  })
  const create = (count: number) =>
    createCustomers(origin, adminToken, count, ['/api/usage/report'])
  const felt = await feelAttacks({
    origin,
    apiKeys: await create(CUSTOMERS),
    createCustomers: create,
    rounds: ROUNDS,
    durationS: ROUND_S,
  })
  const { ratio, text } = ratioOf(felt)
  report.tell({
    promise: '19',
    what: 'Good calls beside 500 wrong keys a second and 2,000 slow connections',
    trials: felt.calls,
    faults: felt.refused + 2_000 * ROUNDS,
  })
  report.note('rounds with and without an attack', ROUNDS)
  report.note('good calls, each let in', felt.calls)
  report.note('wrong keys refused', felt.refused)
  report.expect('p99 of good calls under attack against without', text, ratio <= TIMES_MAX)
})
