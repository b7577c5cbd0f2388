#!/usr/bin/env bash
# In stripe-node a price's amount is a Decimal or a text, by the way it came, though its type says Decimal.
#
# Versions: stripe 23.1.0, typescript 7.0.2, @types/node 26.6.7 (npm).
# Source:   stripe-node's pull request 2617 and its changelog: decimal strings in answers have become
#           Stripe.Decimal, in Price, Plan, the lines of invoices and others. They name no exception.
# Expected: unit_amount_decimal is a Decimal wherever a Stripe.Price is, as the compiler is told.
# Seen:     It is one in a price that is asked for, in lists and in the items of a subscription. It is a text
#           in the same price expanded in a product, in the lines of a quote, and in every event, from a
#           webhook or from the API. The code compiles, and ends with a TypeError when it runs. Where texts
#           are compared, a price differs from itself: "0.10" in the event is "0.1" as a Decimal. For code
#           that gets prices in both ways there is Stripe.Decimal.from(String(value)).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm pkg set type=module
npm install --no-audit --no-fund --silent stripe@23.1.0 typescript@7.0.2 @types/node@26.6.7

cat >prices.ts <<'SCRIPT'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Stripe } from 'stripe'

const price = { id: 'price_1', object: 'price', unit_amount_decimal: '0.10' }
const list = (item: object) => ({ object: 'list', url: '/', has_more: false, data: [item] })
const event = { id: 'evt_1', object: 'event', type: 'price.updated', data: { object: price } }
const answers: Record<string, object> = {
  '/v1/prices/price_1': price,
  '/v1/prices': list(price),
  '/v1/subscriptions/sub_1': { id: 'sub_1', object: 'subscription', items: list({ id: 'si_1', object: 'subscription_item', price }) },
  '/v1/products/prod_1': { id: 'prod_1', object: 'product', default_price: price },
  '/v1/quotes/qt_1': { id: 'qt_1', object: 'quote', line_items: list({ id: 'li_1', object: 'item', price }) },
  '/v1/events/evt_1': event,
}
const server = createServer((request, response) => {
  const answer = answers[String(request.url).split('?')[0] ?? '']
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', telemetry: false })

const payload = JSON.stringify(event)
const header = stripe.webhooks.generateTestHeaderString({ payload, secret: 'whsec_x' })
const priceOf = (of: Stripe.Event) => (of.type === 'price.updated' ? of.data.object : undefined)
const ways: Record<string, () => Promise<Stripe.Price | null | undefined>> = {
  'asked for': () => stripe.prices.retrieve('price_1'),
  'in a list': async () => (await stripe.prices.list()).data[0],
  'in a subscription': async () => (await stripe.subscriptions.retrieve('sub_1')).items.data[0]?.price,
  'expanded in a product': async () => {
    const { default_price } = await stripe.products.retrieve('prod_1', { expand: ['default_price'] })
    return typeof default_price === 'string' ? null : default_price
  },
  'in a quote': async () =>
    (await stripe.quotes.retrieve('qt_1', { expand: ['line_items'] })).line_items?.data[0]?.price,
  'in an event that is asked for': async () => priceOf(await stripe.events.retrieve('evt_1')),
  'in an event of a webhook': async () => priceOf(stripe.webhooks.constructEvent(payload, header, 'whsec_x')),
}
for (const [way, get] of Object.entries(ways)) {
  const amount = (await get())?.unit_amount_decimal
  if (!amount) throw new Error('No price')
  let twice: string
  try {
    twice = amount.add(amount).toString()
  } catch (error) {
    twice = String(error)
  }
  console.log(`${way}: ${typeof amount} ${amount}, twice that is ${twice}`)
}
server.close()
SCRIPT
npx tsc --strict --module nodenext --target es2023 --types node --skipLibCheck prices.ts && echo 'compiled' >seen
node prices.js >>seen
cat seen

diff seen - <<'SEEN'
compiled
asked for: object 0.1, twice that is 0.2
in a list: object 0.1, twice that is 0.2
in a subscription: object 0.1, twice that is 0.2
expanded in a product: string 0.10, twice that is TypeError: amount.add is not a function
in a quote: string 0.10, twice that is TypeError: amount.add is not a function
in an event that is asked for: string 0.10, twice that is TypeError: amount.add is not a function
in an event of a webhook: string 0.10, twice that is TypeError: amount.add is not a function
SEEN
