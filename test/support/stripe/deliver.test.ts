import assert from 'node:assert/strict'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Stripe } from 'stripe'
import { type StripeEvent, asCopy, asOldShape } from './index.ts'
import { SECRET, startWithSdk } from './with-sdk.ts'

test('events arrive signed, in any order, and again until they are answered', async (t) => {
  const { stripe, sdk, subscribe } = await startWithSdk(t)
  const received: Stripe.Event[] = []
  let refusals = 2
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bytesOf(request)
    const signature = request.headers['stripe-signature'] ?? ''
    received.push(sdk.webhooks.constructEvent(body, signature, SECRET))
    response.writeHead(refusals-- > 0 ? 503 : 200).end()
  }
  const receiver = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  t.after(() => receiver.close().closeAllConnections())
  const to = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/api/webhooks/stripe`

  const live = stripe.startDelivering(to)
  await subscribe()
  await live.idle()
  await live.stop()
  const ids = stripe.events.map(({ id }) => id)
  assert.equal(received.length, ids.length + 2)
  assert.deepEqual(new Set(received.map(({ id }) => id)), new Set(ids))

  received.length = 0
  await stripe.deliver({ to, order: 'reversed' })
  assert.deepEqual(
    received.map(({ id }) => id),
    ids.toReversed(),
  )
  received.length = 0
  const options = { to, order: 'shuffled', seed: 7, copies: 2 } as const
  const report = await stripe.deliver(options)
  await stripe.deliver(options)
  const [one, two] = [received.splice(0, ids.length * 2), received]
  assert.equal(report.delivered, ids.length * 2)
  assert.equal(report.latenciesMs.length, ids.length * 2)
  assert.deepEqual(one, two, 'the same seed, the same order')

  receiver.close().closeAllConnections()
  const lost = await stripe.deliver({ to, attempts: 2, retryDelayMs: 1, concurrency: 4 })
  assert.equal(lost.undelivered.length, ids.length)
  assert.deepEqual(lost.answers, { none: ids.length * 2 })
})

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test('events have the shapes from before basil, and copies', async (t) => {
  const { stripe, subscribe } = await startWithSdk(t)
  const id = await subscribe()
  stripe.renew(id)
  const newest = (type: string) =>
    stripe.events.findLast((event) => event.type === type) as StripeEvent
  const updated = newest('customer.subscription.updated')
  const untouched = structuredClone(updated)
  const old = asOldShape(updated).data
  const { data } = updated.data.object['items'] as { data: [Record<string, unknown>] }
  assert.equal(old.object['current_period_end'], data[0]['current_period_end'])
  assert.equal(JSON.stringify(old.object['items']).includes('current_period'), false)
  assert.ok('current_period_end' in (old.previous_attributes ?? {}))
  const invoice = asOldShape(newest('invoice.paid')).data.object
  assert.deepEqual([invoice['subscription'], invoice['paid']], [id, true])
  assert.equal('parent' in invoice, false)

  const copy = asCopy(updated)
  assert.notEqual(copy.id, updated.id)
  assert.deepEqual({ ...copy, id: updated.id }, untouched)
})
