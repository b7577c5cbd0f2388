import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type TestCustomer, createCustomer } from './customers.ts'
import { type RawAnswer, callRaw } from './raw-socket.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, type Service, startService } from './service.ts'
import { countRows, query } from './tables.ts'

export type Header = readonly [name: string, value: string]

export const JSON_TYPE: Header = ['content-type', 'application/json']

export interface Target extends Service {
  customer: TestCustomer
  /** A call with the credential for its path, sent byte for byte as given. */
  send(
    method: string,
    path: string,
    options?: { headers?: readonly Header[]; body?: string | Buffer },
  ): Promise<RawAnswer>
}

/**
 * A service with a customer, and with a balance of 1,000 on the account `ada`. When the test ends, no
 * table may have gained or lost a row: test files that use this only try calls that are refused or
 * only read.
 */
export async function startTarget(t: TestContext): Promise<Target> {
  const service = await startService(t)
  const customer = await createCustomer(service)
  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000 })
  return {
    ...service,
    customer,
    send: (method, path, { headers = [], body } = {}) => {
      const credential: Header = path.startsWith('/api/me')
        ? ['x-api-key', customer.apiKey]
        : /^\/(?:api|console)\//.test(path)
          ? ['authorization', `Bearer ${ADMIN_TOKEN}`]
          : ['x-internal-token', INTERNAL_TOKEN]
      return callRaw(service.origin, method, path, [credential, ...headers], body)
    },
  }
}

/** Runs `work`, and then checks that all row counts and the balance of `ada` are unchanged. */
export async function assertUntouched(target: Target, work: () => Promise<void>): Promise<void> {
  const state = async () => ({
    rows: await countRows(target.database),
    account: (await target.asInternal('GET', '/account/ada')).body,
    customer: (await target.asAdmin('GET', `/api/customers/${target.customer.customerId}`)).body,
  })
  const before = await state()
  await work()
  assert.deepEqual(await state(), before)
}

/**
 * Changes a customer.
 * @param path the customer's path
 * @returns the address in the change's audit record
 */
export async function addressRecorded(
  service: Service,
  path: string,
  headers: readonly Header[],
): Promise<string | null> {
  const all: Header[] = [['authorization', `Bearer ${ADMIN_TOKEN}`], JSON_TYPE, ...headers]
  const answer = await callRaw(service.origin, 'PATCH', path, all, '{"company_name":"Engines"}')
  assert.equal(answer.status, 200)
  const [record] = await query<{ ip: string | null }[]>(
    service.database,
    `select value as ip from audit_records r join audit_personal p on p.commitment = r.ip
    where event is not null order by id desc limit 1`,
  )
  return record?.ip ?? null
}
