import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lock, waitForLocks } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'
import { findTexts } from '../support/search.ts'
import { type Service, startService } from '../support/service.ts'
import { browserOf } from '../support/sessions.ts'
import { query } from '../support/tables.ts'
import { issue } from '../support/tokens.ts'

const invite = (service: Service, body: object) =>
  service.asInternal('POST', '/portal/session', body)

/** A browser with an open portal of that user. */
async function visit(service: Service, userId: string, allow: string[] = []) {
  const { status, body } = await invite(service, { user_id: userId, allow })
  assert.equal(status, 201, JSON.stringify(body))
  const browser = browserOf(service)
  const secret = new URL(body.url).hash.slice(1)
  assert.equal((await browser.call('POST', '/portal/session/open', { secret })).status, 204)
  return browser
}

async function openAccount(service: Service, userId: string): Promise<string> {
  await service.asInternal('POST', '/account', { user_id: userId, tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: userId, amount: 5_000 })
  const { body } = await service.asInternal('POST', '/deduct', { user_id: userId, amount: 100 })
  return body.transfer_id
}

test('a user’s portal', async (t) => {
  const service = await startService(t, { CHECKOUT_ORIGINS: 'https://app.example.com' })
  const transferId = await openAccount(service, 'ada')
  const otherId = await openAccount(service, 'bob')

  await t.test('a link opens once, for five minutes, by a post of our page', async () => {
    const { status, body } = await invite(service, { user_id: 'ada' })
    assert.equal(status, 201)
    const url = new URL(body.url)
    assert.equal(url.origin + url.pathname, `${service.origin}/portal`)
    assert.match(url.hash, /^#[0-9A-Za-z]{43}$/)
    const left = Date.parse(body.expires_at) - Date.now()
    assert.ok(left > 4 * 60_000 && left <= 5 * 60_000)
    const secret = url.hash.slice(1)

    // The link is no session.
    const thief = browserOf(service)
    thief.kept.set('strongroom_portal', secret)
    assert.equal((await thief.call('GET', '/balance/ada')).status, 403)
    const elsewhere = browserOf(service, 'https://evil.example')
    const refused = await elsewhere.call('POST', '/portal/session/open', { secret })
    assert.equal(refused.body.code, 'ORIGIN_NOT_ALLOWED')

    const both = await Promise.all(
      [browserOf(service), browserOf(service)].map((one) =>
        one.call('POST', '/portal/session/open', { secret }),
      ),
    )
    assert.deepEqual(
      both.map((one) => one.status).toSorted((a, b) => a - b),
      [204, 410],
    )
    const cookie = both.flatMap((one) => one.headers.getSetCookie())[0] ?? ''
    assert.match(cookie, /Max-Age=1800; HttpOnly; Secure; SameSite=Strict$/)
    for (const wrong of ['x', 'A'.repeat(43)]) {
      const none = await browserOf(service).call('POST', '/portal/session/open', { secret: wrong })
      assert.equal(none.body.code, 'PORTAL_LINK_SPENT')
    }

    const late = await invite(service, { user_id: 'ada' })
    await query(service.database, 'update sessions set expires_at = now() where opened_at is null')
    const expired = await browserOf(service).call('POST', '/portal/session/open', {
      secret: new URL(late.body.url).hash.slice(1),
    })
    assert.equal(expired.status, 410)
  })

  await t.test('it reads its own account, and nothing else', async () => {
    const browser = await visit(service, 'ada')
    const { session } = (await browser.call('GET', '/portal/session')).body
    assert.equal(session.user_id, 'ada')
    assert.deepEqual(session.allow, [])
    for (const path of [
      '/balance/ada',
      '/account/ada/transfers',
      '/account/ada/grants',
      '/account/ada/budgets',
      '/account/ada/statement',
      '/account/ada/statement?format=csv',
      `/transfers/${transferId}/receipt`,
    ]) {
      assert.equal((await browser.call('GET', path)).status, 200, path)
    }
    for (const path of [
      '/balance/bob',
      '/account/bob/transfers',
      '/account/bob/grants',
      '/account/bob/budgets',
      '/account/bob/auto_top_up',
      '/account/bob/statement',
      `/transfers/${otherId}/receipt`,
      '/account/ada',
      '/account/ada/export',
      '/accounts',
      '/transfers',
      '/holds',
      `/transfers/${transferId}`,
      '/stats/subscription_count',
    ]) {
      const refused = await browser.call('GET', path)
      assert.equal(refused.status, 403, path)
      assert.equal(refused.body.code, 'PERMISSION_DENIED', path)
    }
    assert.equal((await browser.call('GET', '/api/customers')).status, 401)
    for (const [method, path, body] of [
      ['POST', '/deduct', { user_id: 'ada', amount: 1 }],
      ['POST', '/top_up', { user_id: 'ada', amount: 1 }],
      ['PATCH', '/account/ada', { credit_limit: 100 }],
      ['POST', '/portal/session', { user_id: 'bob' }],
      ['PUT', '/account/ada/budgets/mine', { amount: 1, window: 'day' }],
      ['DELETE', '/account/ada', undefined],
    ] as const) {
      const refused = await browser.call(method, path, body)
      assert.equal(refused.status, 403, path)
    }
  })

  await t.test('what `allow` names, and of budgets only its own', async () => {
    await service.asInternal('PUT', '/account/ada/budgets/ours', { amount: 10, window: 'day' })
    const browser = await visit(service, 'ada', ['budgets'])
    const terms = { amount: 1_000, window: 'month' }
    const made = await browser.call('PUT', '/account/ada/budgets/mine', terms)
    assert.equal(made.status, 200)
    assert.equal(made.body.made_in_portal, true)
    assert.equal((await browser.call('PUT', '/account/bob/budgets/mine', terms)).status, 403)
    for (const [method, body] of [
      ['PUT', { amount: 1_000_000, window: 'day' }],
      ['DELETE', undefined],
    ] as const) {
      const refused = await browser.call(method, '/account/ada/budgets/ours', body)
      assert.equal(refused.body.code, 'PERMISSION_DENIED')
    }
    const { data } = (await browser.call('GET', '/account/ada/budgets')).body
    assert.deepEqual(
      data.map((one: { budget_id: string; amount: number; made_in_portal: boolean }) => [
        one.budget_id,
        one.amount,
        one.made_in_portal,
      ]),
      [
        ['mine', 1_000, true],
        ['ours', 10, false],
      ],
    )
    assert.equal((await browser.call('DELETE', '/account/ada/budgets/mine')).status, 204)
    assert.equal((await service.asInternal('DELETE', '/account/ada/budgets/ours')).status, 204)
    const auto = { threshold: 1, amount: 1, daily_max: 1, monthly_max: 1, enabled: false }
    assert.equal((await browser.call('PUT', '/account/ada/auto_top_up', auto)).status, 403)

    const other = await visit(service, 'ada', ['auto_top_up', 'top_up'])
    assert.equal((await other.call('PUT', '/account/ada/auto_top_up', auto)).status, 200)
    assert.equal((await other.call('PUT', '/account/bob/auto_top_up', auto)).status, 403)
    assert.equal((await other.call('PUT', '/account/ada/budgets/mine', terms)).status, 403)
    const urls = { success_url: `${service.origin}/portal`, cancel_url: `${service.origin}/portal` }
    const stranger = await other.call('POST', '/top_up/checkout', {
      user_id: 'bob',
      amount: 100,
      ...urls,
    })
    assert.equal(stranger.status, 403)
    // Nothing answers as Stripe here: it has come that far.
    const paid = await other.call('POST', '/top_up/checkout', {
      user_id: 'ada',
      amount: 100,
      ...urls,
    })
    assert.equal(paid.body.code, 'STRIPE_UNAVAILABLE')
    const astray = { success_url: 'https://evil.example/', cancel_url: urls.cancel_url }
    const refused = await other.call('POST', '/top_up/checkout', {
      user_id: 'ada',
      amount: 100,
      ...astray,
    })
    assert.equal(refused.status, 400)
    other.kept.forEach((value, name) => browser.kept.set(name, value))
    const foreign = browserOf(service, 'https://evil.example')
    foreign.kept.set(...([...other.kept][0] as [string, string]))
    const crossed = await foreign.call('PUT', '/account/ada/auto_top_up', auto)
    assert.equal(crossed.body.code, 'ORIGIN_NOT_ALLOWED')
  })

  await t.test('a service invites to no more than it may do', async () => {
    const reading = await issue(service, { scope: 'internal', permissions: ['accounts:read'] })
    const asReader = (body: object) => reading.call('POST', '/portal/session', body)
    assert.equal((await asReader({ user_id: 'ada' })).status, 201)
    for (const right of ['top_up', 'auto_top_up', 'budgets']) {
      const refused = await asReader({ user_id: 'ada', allow: [right] })
      assert.equal(refused.body.code, 'PERMISSION_DENIED', right)
    }
    const none = await issue(service, { scope: 'internal', permissions: ['funds:deduct'] })
    assert.equal((await none.call('POST', '/portal/session', { user_id: 'ada' })).status, 403)
    assert.equal((await invite(service, { user_id: 'nobody' })).status, 404)
    const astray = await invite(service, { user_id: 'ada', return_url: 'https://evil.example/' })
    assert.equal(astray.status, 400)
    const back = await invite(service, { user_id: 'ada', return_url: 'https://app.example.com/x' })
    assert.equal(back.status, 201)

    // The session ends with the token that made it.
    const { body } = await asReader({ user_id: 'ada' })
    const browser = browserOf(service)
    await browser.call('POST', '/portal/session/open', { secret: new URL(body.url).hash.slice(1) })
    assert.equal((await browser.call('GET', '/balance/ada')).status, 200)
    await service.asAdmin('DELETE', `/api/tokens/${reading.tokenId}`)
    assert.equal((await browser.call('GET', '/balance/ada')).status, 403)
    assert.equal((await browser.call('GET', '/portal/session')).body.session, null)
  })

  await t.test('it ends with the account, and when it is closed', async () => {
    const browser = await visit(service, 'bob')
    assert.equal((await browser.call('DELETE', '/portal/session')).status, 204)
    assert.equal((await browser.call('GET', '/portal/session')).body.session, null)
    const other = await visit(service, 'bob')
    assert.equal((await service.asInternal('DELETE', '/account/bob?force=true')).status, 200)
    assert.equal((await other.call('GET', '/balance/bob')).status, 403)
    const rows = await query(
      service.database,
      "select from sessions s where kind = 'portal' and opened_at > now() - interval '1 hour' and " +
        "account_id in (select id from accounts where status = 'closed')",
    )
    assert.deepEqual(rows, [])
  })
})

test('a link that is being made holds up the erasure of its account, and opens nothing after it', async (t) => {
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1' })
  const { database, origin } = service
  await openAccount(service, 'ada')
  // The session is stored when somebody gives up a lock.
  await query(
    database,
    `create function wait_long() returns trigger language plpgsql set lock_timeout = 0 as $$
     begin perform pg_advisory_xact_lock_shared(7); return new; end $$;
     create trigger waits_long before insert on sessions for each row execute function wait_long()`,
  )
  const { release } = await lock(t, service, 'select pg_advisory_xact_lock(7)')
  const invited = invite(service, { user_id: 'ada' })
  assert.ok(await waitForLocks(database))
  const erase = () => service.asInternal('DELETE', '/account/ada?force=true')
  assertRefused(await erase(), 'ACCOUNT_BUSY')
  await release()
  const { status, body } = await invited
  assert.equal(status, 201)

  assert.ok([200, 202].includes((await erase()).status))
  const opened = await service.call('POST', '/portal/session/open', {
    headers: { origin, 'x-forwarded-for': '203.0.113.77' },
    body: { secret: new URL(body.url).hash.slice(1) },
  })
  assertRefused(opened, 'PORTAL_LINK_SPENT')
  assertRefused(await invite(service, { user_id: 'ada' }), 'ACCOUNT_NOT_FOUND')
  assert.deepEqual(await findTexts(database, ['203.0.113.77']), [])
})

test('the link leads to PUBLIC_URL', async (t) => {
  const service = await startService(t, { PUBLIC_URL: 'https://billing.example.com' })
  await openAccount(service, 'ada')
  const { body } = await invite(service, { user_id: 'ada' })
  assert.match(body.url, /^https:\/\/billing\.example\.com\/portal#/)
})
