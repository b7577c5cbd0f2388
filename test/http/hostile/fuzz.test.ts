import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { REFUSALS, type RefusalCode } from '../../../src/refusals/index.ts'
import { HOSTILE_JSON, type Pools, type Schema, nearly, valid } from '../../support/arbitraries.ts'
import { STRIPE_KEY, URLS } from '../../support/billing.ts'
import { counts } from '../../support/counts.ts'
import { createCustomer, putPlan } from '../../support/customers.ts'
import { JSON_TYPE, type Header } from '../../support/hostile.ts'
import { type RawAnswer, callRaw } from '../../support/raw-socket.ts'
import { assertRefused } from '../../support/refusals.ts'
import { scaled } from '../../support/scale.ts'
import {
  ADMIN_TOKEN,
  INTERNAL_TOKEN,
  type Service,
  WEBHOOK_SECRET,
  startService,
} from '../../support/service.ts'
import { asAdmin } from '../../support/database.ts'
import { stripeSignature } from '../../support/stripe-events.ts'
import { startStripe } from '../../support/stripe/index.ts'
import { rowCounter } from '../../support/tables.ts'
import { logFolder, logSettings, publishedNow } from '../../support/tlog.ts'

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

interface Operation {
  operationId: string
  security: Record<string, unknown>[]
  parameters?: Parameter[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Record<string, unknown>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

interface Call {
  path: string
  headers: Header[]
  body: string | undefined
}

const TEXTS = ['', ' ', '%00', '%zz', '%2e%2e', '%ff', '%ed%a0%80', ';x=2', 'a%0d%0ab', '😀', '-1']
  .concat('0', '1e9', 'null', 'true', "'", 'x'.repeat(2_000), 'infinity', '2030-02-30T00:00:00Z')
  .map((text) => (/^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text)))

/** What the calls may be about: all of it made for one operation, which may use it up. */
async function makeThings(service: Service): Promise<Pools & { apiKey: [string] }> {
  const user = `user-${randomUUID()}`
  const { customerId, apiKey, keyId } = await createCustomer(service, { email: 'ada@example.com' })
  await service.asInternal('POST', '/account', { user_id: user, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: user, amount: 1_000_000 })
  const charge = await service.asInternal('POST', '/deduct', { user_id: user, amount: 100 })
  const hold = await service.asInternal('POST', '/holds', { user_id: user, amount: 100 })
  const licence = { customer_id: customerId, plan: 'starter' }
  const issued = await service.asAdmin('POST', '/api/licenses', licence)
  return {
    apiKey: [apiKey],
    customer_id: [customerId],
    key_id: [keyId],
    user_id: [user],
    plan_id: ['starter', 'unused'],
    plan: ['starter'],
    transfer_id: [charge.body.transfer_id],
    hold_id: [hold.body.hold_id],
    license_id: [issued.body.license.license_id],
    // A hold that expires meanwhile would write a row of its own.
    expires_in_s: [600, 86_400],
    stripe_price_id: ['price_unknown'],
    success_url: [URLS.success_url],
    cancel_url: [URLS.cancel_url],
    return_url: [URLS.success_url],
  }
}

function credential(operation: Operation, things: { apiKey: [string] }, body = ''): Header[] {
  const [name] = Object.keys(operation.security[0] ?? {})
  if (name === 'CustomerApiKey') return [['x-api-key', things.apiKey[0]]]
  if (name === 'AdminToken') return [['authorization', `Bearer ${ADMIN_TOKEN}`]]
  if (name === 'InternalToken') return [['x-internal-token', INTERNAL_TOKEN]]
  if (name === 'StripeSignature') return [['stripe-signature', stripeSignature(body)]]
  return []
}

/** Calls of an operation: valid ones, and ones that are so but for one or two places. */
function calls(
  template: string,
  { parameters = [], requestBody }: Operation,
  pools: Pools,
  resolve: (ref: string) => Schema,
): fc.Arbitrary<Call> {
  const text = ({ schema, name }: Parameter) => {
    const good = valid(schema, pools, resolve, name).map((value) =>
      encodeURIComponent(String(value)),
    )
    const bad = fc.constantFrom(...TEXTS)
    return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad })
  }
  const record = (place: Parameter['in'], isOptional: boolean) => {
    const own = parameters.filter((parameter) => parameter.in === place)
    const fields: Record<string, fc.Arbitrary<string>> = Object.fromEntries(
      own.map((parameter) => [parameter.name, text(parameter)]),
    )
    return fc.record(fields, isOptional ? { requiredKeys: [] } : {})
  }
  const extra = fc.oneof(
    { weight: 8, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('unknown=1', 'limit=5&limit=6', '__proto__=1', '%zz') },
  )
  const schema = requestBody?.content['application/json'].schema
  const bodies =
    schema === undefined
      ? fc.constantFrom(undefined, undefined, undefined, '{}', 'null')
      : bodiesOf(valid(schema, pools, resolve))
  return fc
    .record({
      path: record('path', false),
      query: record('query', true),
      header: record('header', true),
      extra,
      body: bodies,
    })
    .map(({ path, query, header, extra: more, body }) => {
      const filled = template.replaceAll(/\{(\w+)\}/g, (_match, name: string) => path[name] ?? '')
      const search = Object.entries(query).map(([name, value]) => `${name}=${value}`)
      if (more !== '') search.push(more)
      const headers = Object.entries(header).map(([name, value]): Header => [name, String(value)])
      const suffix = search.length === 0 ? '' : `?${search.join('&')}`
      return { path: filled + suffix, headers, body }
    })
}

function bodiesOf(good: fc.Arbitrary<unknown>): fc.Arbitrary<string | undefined> {
  return fc.oneof(
    { weight: 6, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 6, arbitrary: nearly(good).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, ...HOSTILE_JSON) },
  )
}

/** Of a path or method that, with these parameters, is no operation's. */
const OF_NO_OPERATION = new Set(['NOT_FOUND', 'METHOD_NOT_ALLOWED'])

function assertAnswered(answer: RawAnswer, { responses }: Operation, about: string): void {
  assert.ok(answer.status >= 200 && answer.status < 500, `${answer.status}: ${about}`)
  const isDocumented = String(answer.status) in responses
  if (answer.status < 400) return assert.ok(isDocumented, `${answer.status}: ${about}`)
  const code: string = answer.body.code
  assert.ok(code in REFUSALS, about)
  assert.ok(isDocumented || OF_NO_OPERATION.has(code), `${code} is not documented: ${about}`)
  assertRefused(answer, code as RefusalCode, about)
}

test('whatever an operation is sent, it is answered, and a refusal changes nothing', async (t) => {
  const tried = counts(t, {
    promise: '9',
    what: 'Random calls of every operation; a refusal changes nothing',
    trials: 0,
  })
  const stripe = await startStripe({ secretKey: STRIPE_KEY, webhookSecret: WEBHOOK_SECRET })
  t.after(() => stripe.close())
  const price = stripe.addPrice({ unit_amount: 2_900, recurring: { interval: 'month' } })
  const service = await startService(t, {
    ...logSettings(logFolder(t)),
    STRIPE_SECRET_KEY: STRIPE_KEY,
    STRIPE_API_BASE: stripe.origin,
    CHECKOUT_ORIGINS: 'https://app.example.com',
  })
  await putPlan(service, 'starter', { stripe_price_id: price.id })
  await publishedNow(service)
  // A hold of a second would be released in the middle of some other call, and seem to be its doing.
  await asAdmin(service.database.adminUrl, (sql) =>
    sql.unsafe(`
      create function last() returns trigger language plpgsql as
        $$ begin new.expires_at := now() + interval '1 day'; return new; end $$;
      create trigger holds_last before insert on holds for each row execute function last()`),
  )
  const document = (await service.call('GET', '/openapi.json')).body as Document
  const resolve = (ref: string) => document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {}
  const totals = { accepted: 0, refused: 0 }

  for (const [template, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const name = `${method.toUpperCase()} ${template}`
      const fuzz = async (countRows: Awaited<ReturnType<typeof rowCounter>>) => {
        const things = await makeThings(service)
        const counted = { accepted: 0, refused: 0 }
        let rows = await countRows()
        const property = fc.asyncProperty(
          calls(template, operation, things, resolve),
          async ({ path, headers, body }) => {
            const all: Header[] = [...credential(operation, things, body), ...headers]
            if (body !== undefined) all.push(JSON_TYPE)
            const answer = await callRaw(service.origin, method.toUpperCase(), path, all, body)
            assertAnswered(
              answer,
              operation,
              `${method} ${path.slice(0, 200)} ${body?.slice(0, 500)}`,
            )
            const before = rows
            rows = await countRows()
            if (answer.status < 400) counted.accepted++
            else counted.refused++
            if (answer.status >= 400) assert.deepEqual(rows, before, 'a refusal wrote rows')
          },
        )
        await fc.assert(property, { numRuns: scaled(300, 2, 60) })
        tried.trials += counted.accepted + counted.refused
        totals.accepted += counted.accepted
        totals.refused += counted.refused
        t.diagnostic(`${name}: ${counted.accepted} accepted, ${counted.refused} refused`)
      }
      await t.test(name, () =>
        asAdmin(service.database.adminUrl, async (sql) => fuzz(await rowCounter(sql))),
      )
    }
  }
  assert.ok(totals.accepted > 40 && totals.refused > 40, JSON.stringify(totals))
})
