import type { TestContext } from 'node:test'
import { settableClock } from './clock.ts'
import { createDatabase } from './database.ts'
import { type Service, startService } from './service.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** A service whose database's clock the test sets, with an account for ada. */
export async function startWithClock(t: TestContext) {
  const database = await createDatabase()
  t.after(() => database.drop())
  const setClock = await settableClock(database)
  const service = await startService(t, {}, database)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  return { service, setClock, ...callsOf(service) }
}

function callsOf(service: Service) {
  const post = (path: string, body: object = {}, headers?: Record<string, string>) =>
    service.asInternal('POST', path, body, headers)
  return {
    post,
    get: async (path: string) => (await service.asInternal('GET', path)).body,
    grant: async (amount: number, terms: object = {}) =>
      (await post('/grants', { user_id: 'ada', amount, ...terms })).body,
    topUp: (amount: number) => post('/top_up', { user_id: 'ada', amount }),
    deduct: async (amount: number) => (await post('/deduct', { user_id: 'ada', amount })).body,
    balance: async () => (await service.asInternal('GET', '/balance/ada')).body,
  }
}

/** A time so far ahead of the real clock. */
export function ahead(ms: number): string {
  return new Date(Date.now() + ms).toISOString()
}
