import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { sql } from 'drizzle-orm'
import { buildApp } from '../../src/app.ts'
import { recordAudit } from '../../src/audit/record.ts'
import { actorOf } from '../../src/auth/scope.ts'
import { CAPABILITIES } from '../../src/capabilities.ts'
import type { Capability } from '../../src/capability/capability.ts'
import { examine } from '../../src/doctor/examine.ts'
import { pass } from '../../src/doctor/check.ts'
import { createLogger } from '../../src/http/logging.ts'
import { ref } from '../../src/http/schemas.ts'
import { startJobs } from '../../src/jobs/runner.ts'
import { readConfig } from '../../src/process/config.ts'
import { SERVICE_ROLE, createDatabase } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { query } from '../support/tables.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, WIDE_LIMITS } from '../support/service.ts'

declare module '../../src/audit/record.ts' {
  interface AuditEvents {
    'voucher.created': true
  }
}

const Voucher = Type.Object(
  { voucher_id: Type.String(), customer_id: Type.String() },
  { $id: 'Voucher' },
)

/** What a folder of its own would have: a route, a table, a job, a part of a person, an event, a check. */
const vouchers: Capability = {
  name: 'vouchers',
  plugin: async (app) => {
    app.jobs.add({
      name: 'use_vouchers',
      run: async () => void (await app.db.execute(sql`update vouchers set used = true`)),
    })
    app.personal.addExports({
      of: 'customer',
      name: 'vouchers',
      schema: Type.Array(Type.String()),
      read: async function* (db, { customerId }) {
        const rows = await db.execute<{ id: string }>(
          sql`select id from vouchers where customer_id = ${customerId}`,
        )
        yield rows.map(({ id }) => id)
      },
    })
    app.personal.addClosing(async (tx, customerId) => {
      await tx.execute(sql`delete from vouchers where customer_id = ${customerId}`)
    })
  },
  schemas: [Voucher],
  routes: {
    admin: async (scope) => {
      scope.post(
        '/vouchers',
        {
          schema: {
            operationId: 'createVoucher',
            body: Type.Object({ voucher_id: Type.String(), customer_id: Type.String() }),
            response: { 201: ref(Voucher) },
          },
          config: { permission: 'customers:write' },
        },
        async (request, reply) => {
          const { voucher_id: id, customer_id: customerId } = request.body as Record<string, string>
          await request.db.transaction(async (tx) => {
            await tx.execute(
              sql`insert into vouchers (id, customer_id) values (${id}, ${customerId})`,
            )
            const entry = { event: 'voucher.created', subject: customerId ?? '' } as const
            await recordAudit(tx, actorOf(request), entry)
          })
          return reply.code(201).send({ voucher_id: id, customer_id: customerId })
        },
      )
    },
  },
  checks: [async () => [pass('vouchers', 'all are printed')]],
}

test('a capability brings a route, a table, a job, a part of a person, an audit event and a check', async (t) => {
  const database = await createDatabase()
  const env = {
    NODE_ENV: 'test',
    DATABASE_URL: database.url,
    PORT: '0',
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    ...WIDE_LIMITS,
  }
  const config = readConfig(env)
  // The one line.
  const capabilities = [...CAPABILITIES, vouchers]
  const app = await buildApp(config, createLogger('silent'), capabilities)
  await app.listen({ host: '127.0.0.1', port: 0 })
  await query(
    database,
    `create table vouchers (
      id text primary key, customer_id text not null, used boolean not null default false
    )`,
  )
  await query(database, `grant select, insert, update, delete on vouchers to ${SERVICE_ROLE}`)
  const jobs = await startJobs(app, config.database)
  t.after(async () => {
    await jobs.stop()
    await app.close()
    await database.drop()
  })
  const { port } = app.server.address() as AddressInfo
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const rows = () => query(database, 'select id, used from vouchers')

  const made = await call('POST', '/api/customers', { email: 'ada@example.com' })
  const customerId = (made.body['customer'] as Record<string, string>)['customer_id'] ?? ''
  const voucher = { voucher_id: 'v1', customer_id: customerId }
  assert.deepEqual(await call('POST', '/api/vouchers', voucher), { status: 201, body: voucher })
  assert.match(JSON.stringify(app.swagger()), /createVoucher/)

  const logged = async () => (await call('GET', '/api/audit?event=voucher.created')).body['data']
  assert.ok(await eventually(async () => ((await logged()) as unknown[]).length === 1, 20_000))

  await query(database, "select graphile_worker.add_job('use_vouchers')")
  assert.ok(await eventually(async () => (await rows())[0]?.['used'] === true, 20_000))

  const exported = await call('GET', `/api/customers/${customerId}/export`)
  assert.deepEqual(exported.body['vouchers'], ['v1'])
  assert.equal((await call('DELETE', `/api/customers/${customerId}`)).status, 200)
  assert.deepEqual(await rows(), [])

  const examined = await examine(env, { folder: process.cwd() }, capabilities)
  const lines = examined.flatMap((group) => group.lines)
  assert.equal(lines.find(({ check }) => check === 'vouchers')?.reason, 'all are printed')
})
