import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { URLS, startBilling } from '../../support/billing.ts'
import { assertRefused } from '../../support/refusals.ts'
import type { Answer } from '../../support/service.ts'
import { assertNothingWritten } from '../../support/tables.ts'

const BAD = [
  'javascript:alert(1)',
  'data:text/html,x',
  'http://app.example.com/x',
  '//evil.example/x',
  'https://evil.example/',
  'https://app.example.com@evil.example/',
  'https://app.example.com.evil.example/',
  'https://evil.example/https://app.example.com',
  'https:\\\\app.example.com\\x',
  'https://app.example.com\\@evil.example',
  'https://127.0.0.1/x',
  'https://[::1]/x',
  'https://app.example.com:8443/x',
  'https://app.example.com/a\r\nb',
  'https://app.example.com/\tx',
  ' https://app.example.com/',
  'https://user:pw@app.example.com/',
  'https://APP.example.com.',
  'app.example.com',
  'http://localhost/x',
  'null',
]

type Body = Record<string, string | number>

test('no route sends a browser to a URL that is not on an allowed origin', async (t) => {
  const { newCustomer, service, stripe } = await startBilling(t)
  const ada = await newCustomer()
  await service.asInternal('POST', '/account', { user_id: 'bob', tier: 'pro' })
  const asInternal = (path: string) => (body: Body) => service.asInternal('POST', path, body)
  const asAda = (path: string) => (body: Body) => ada.call('POST', path, body)
  const back = { return_url: URLS.cancel_url }
  const routes: [path: string, call: (body: Body) => Promise<Answer>, good: Body][] = [
    [
      '/api/subscriptions/checkout',
      asAda('/api/subscriptions/checkout'),
      { plan: 'starter', ...URLS },
    ],
    ['/api/subscriptions/portal', asAda('/api/subscriptions/portal'), back],
    ['/top_up/checkout', asInternal('/top_up/checkout'), { user_id: 'bob', amount: 500, ...URLS }],
    ['/portal/session', asInternal('/portal/session'), { user_id: 'bob', ...back }],
  ]
  const tried = new Set<string>()
  const asked = () => stripe.requests.filter(({ path }) => !path.startsWith('/v1/prices')).length
  for (const [path, call, good] of routes) {
    await t.test(path, async () => {
      const before = asked()
      await assertNothingWritten(service.database, async () => {
        for (const field of Object.keys(good).filter((name) => name.endsWith('_url'))) {
          tried.add(`${path} ${field}`)
          for (const url of BAD) {
            const answer = await call({ ...good, [field]: url })
            assertRefused(answer, 'VALIDATION_FAILED', `${field} ${url}`)
            assert.equal(answer.body.details[0].path, `/${field}`, url)
          }
        }
      })
      assert.equal(asked(), before, 'Stripe is not asked')
      assert.equal((await call(good)).status, 201)
    })
  }
  assert.deepEqual([...tried].toSorted(), documented())
})

/** Each field of a body that says where a browser goes. */
function documented(): string[] {
  const { paths, components } = JSON.parse(readFileSync('openapi.json', 'utf8')) as Document
  const resolved = (schema: Schema): Schema =>
    components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
  return Object.entries(paths)
    .flatMap(([path, operations]) =>
      Object.values(operations)
        .flatMap((one) => Object.values(one.requestBody?.content ?? {}))
        .flatMap(({ schema }) => Object.keys(resolved(schema).properties ?? {}))
        .filter((name) => name.endsWith('_url'))
        .map((name) => `${path} ${name}`),
    )
    .toSorted()
}

interface Schema {
  $ref?: string
  properties?: Record<string, unknown>
}

interface Document {
  paths: Record<
    string,
    Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>
  >
  components: { schemas: Record<string, Schema> }
}
