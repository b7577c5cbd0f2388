import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenId } from '../../src/auth/tokens.ts'
import { createDatabase } from '../support/database.ts'
import { ADMIN_TOKEN, type Service, startService } from '../support/service.ts'
import { browserOf } from '../support/sessions.ts'
import { query } from '../support/tables.ts'

async function tokenOf(service: Service, rights: object): Promise<{ token: string; id: string }> {
  const { status, body } = await service.asAdmin('POST', '/api/tokens', {
    name: 'console',
    scope: 'admin',
    ...rights,
  })
  assert.equal(status, 201, JSON.stringify(body))
  return { token: body.token, id: body.info.token_id }
}

test('an operator’s browser stands for its token', async (t) => {
  const service = await startService(t)
  const { database } = service
  const asAdmin: Service['asAdmin'] = (...call) => service.asAdmin(...call)

  await t.test('a cookie that no script reads, and no other site sends', async () => {
    const { token, id } = await tokenOf(service, { role: 'support' })
    const browser = browserOf(service)
    const answer = await browser.signIn(token)
    assert.equal(answer.status, 204)
    const [cookie = ''] = answer.headers.getSetCookie()
    assert.match(
      cookie,
      /^strongroom_console=[0-9A-Za-z]{43}; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=Strict$/,
    )
    const seconds = Number(/Max-Age=(\d+)/.exec(cookie)?.[1])
    assert.ok(seconds <= 12 * 3_600 && seconds > 12 * 3_600 - 60)

    const { session } = (await browser.call('GET', '/console/session')).body
    assert.equal(session.token_id, id)
    assert.equal(session.role, 'support')
    assert.ok(session.permissions.includes('customers:read'))
    assert.equal((await browser.call('GET', '/api/customers')).status, 200)
    // Routes that customers have too.
    assert.equal(
      (await browser.call('GET', '/api/subscriptions/cust_0000000000000000')).status,
      404,
    )
    assert.equal((await browser.call('GET', '/metrics')).status, 200)
    const denied = await browser.call('POST', '/api/customers', { email: 'a@example.com' })
    assert.equal(denied.status, 403)
    assert.equal(denied.body.code, 'PERMISSION_DENIED')
    // The cookie is of the console alone.
    assert.equal((await browser.call('GET', '/accounts')).status, 403)
  })

  await t.test('no change without the origin of our pages', async () => {
    const { token } = await tokenOf(service, { role: 'operator' })
    const [, cookie] = [...browserOf(service).kept]
    assert.equal(cookie, undefined)
    for (const origin of [null, 'https://evil.example', 'null', `${service.origin}.evil.example`]) {
      const refused = await browserOf(service, origin).signIn(token)
      assert.equal(refused.status, 403, String(origin))
      assert.equal(refused.body.code, 'ORIGIN_NOT_ALLOWED')
    }
    const own = browserOf(service)
    await own.signIn(token)
    for (const origin of [null, 'https://evil.example']) {
      const other = browserOf(service, origin)
      for (const [name, value] of own.kept) other.kept.set(name, value)
      const refused = await other.call('POST', '/api/customers', { email: 'b@example.com' })
      assert.equal(refused.status, 403)
      assert.equal(refused.body.code, 'ORIGIN_NOT_ALLOWED')
      assert.equal((await other.call('DELETE', '/console/session')).status, 403)
      assert.equal((await other.call('GET', '/api/customers')).status, 200)
    }
    assert.equal((await asAdmin('GET', '/api/customers?email=b@example.com')).body.data.length, 0)
    const made = await own.call('POST', '/api/customers', { email: 'b@example.com' })
    assert.equal(made.status, 201)
    // A page on localhost is ours too.
    const { port } = new URL(service.origin)
    assert.equal((await browserOf(service, `http://localhost:${port}`).signIn(token)).status, 204)
  })

  await t.test('wrong tokens, of whatever kind, are the same 401', async () => {
    const internal = await asAdmin('POST', '/api/tokens', {
      name: 'service',
      scope: 'internal',
      permissions: ['accounts:read'],
    })
    const elsewhere = await tokenOf(service, { role: 'support', allowed_ips: ['192.0.2.0/24'] })
    const browser = browserOf(service)
    for (const token of ['x', internal.body.token, elsewhere.token, `${ADMIN_TOKEN}x`]) {
      const refused = await browser.signIn(token)
      assert.equal(refused.status, 401)
      assert.equal(refused.body.code, 'UNAUTHORIZED')
      assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="strongroom"')
      assert.deepEqual(refused.headers.getSetCookie(), [])
    }
    assert.equal((await browser.call('GET', '/console/session')).body.session, null)
    assert.equal((await browser.call('GET', '/api/customers')).status, 401)
    browser.kept.set('strongroom_console', 'A'.repeat(43))
    assert.equal((await browser.call('GET', '/api/customers')).status, 401)
  })

  await t.test('it ends with its token, at once, and with its end or address', async () => {
    const { token, id } = await tokenOf(service, { role: 'operator' })
    const browser = browserOf(service)
    await browser.signIn(token)
    assert.equal((await browser.call('GET', '/api/customers')).status, 200)
    assert.equal((await asAdmin('DELETE', `/api/tokens/${id}`)).status, 204)
    assert.equal((await browser.call('GET', '/api/customers')).status, 401)
    assert.equal((await browser.call('GET', '/console/session')).body.session, null)

    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const short = await tokenOf(service, { role: 'support', expires_at: soon })
    const [cookie = ''] = (await browserOf(service).signIn(short.token)).headers.getSetCookie()
    assert.ok(Number(/Max-Age=(\d+)/.exec(cookie)?.[1]) <= 3_600)
  })

  await t.test('signing in again ends the session before', async () => {
    const { token } = await tokenOf(service, { role: 'support' })
    const browser = browserOf(service)
    await browser.signIn(token)
    const before = new Map(browser.kept)
    await browser.signIn(token)
    assert.notDeepEqual(browser.kept, before)
    const old = browserOf(service)
    for (const [name, value] of before) old.kept.set(name, value)
    assert.equal((await old.call('GET', '/api/customers')).status, 401)
    assert.equal((await browser.call('GET', '/api/customers')).status, 200)
  })

  await t.test('sessions are listed and ended; with tokens:write, those of all', async () => {
    const one = await tokenOf(service, { role: 'support' })
    const owner = await tokenOf(service, { role: 'owner' })
    const [browser, elsewhere, chief] = [browserOf(service), browserOf(service), browserOf(service)]
    await browser.signIn(one.token)
    await elsewhere.signIn(one.token)
    await chief.signIn(owner.token)
    const own = (await browser.call('GET', '/console/sessions')).body.data
    assert.equal(own.length, 2)
    assert.deepEqual(
      own.map((session: { is_current: boolean }) => session.is_current),
      [false, true],
    )
    const all = (await chief.call('GET', '/console/sessions')).body.data
    assert.ok(all.length > 2)
    const chiefs = all.find((session: { is_current: boolean }) => session.is_current).session_id
    assert.equal((await browser.call('DELETE', `/console/sessions/${chiefs}`)).status, 404)
    const [second] = own
    assert.equal(
      (await browser.call('DELETE', `/console/sessions/${second.session_id}`)).status,
      204,
    )
    assert.equal((await elsewhere.call('GET', '/api/customers')).status, 401)
    assert.equal(
      (await browser.call('DELETE', `/console/sessions/${second.session_id}`)).status,
      404,
    )
    assert.equal((await chief.call('DELETE', `/console/sessions/${own[1].session_id}`)).status, 204)
    assert.equal((await browser.call('GET', '/api/customers')).status, 401)
    // What no longer opens anything is not on the list.
    const ended = []
    for (const end of [
      (id: string) => asAdmin('DELETE', `/api/tokens/${id}`),
      (id: string) => asAdmin('POST', `/api/tokens/${id}/rotate`, {}),
      (id: string) => query(database, 'update tokens set expires_at = now() where id = $1', [id]),
    ]) {
      const { token, id } = await tokenOf(service, { role: 'support' })
      assert.equal((await browserOf(service).signIn(token)).status, 204)
      await end(id)
      ended.push(id)
    }
    const { token, id } = await tokenOf(service, { role: 'support' })
    for (const good of [token, ADMIN_TOKEN]) await browserOf(service).signIn(good)
    const { data } = (await chief.call('GET', '/console/sessions')).body
    const listed = new Set(data.map(({ token_id }: { token_id: string }) => token_id))
    assert.deepEqual(
      [...ended, id, tokenId(ADMIN_TOKEN)].map((made) => listed.has(made)),
      [false, false, false, true, true],
    )
    // By a script, with the token itself.
    const byToken = await service.call('GET', '/console/sessions', {
      headers: { authorization: `Bearer ${owner.token}` },
    })
    assert.equal(byToken.status, 200)
  })

  await t.test('signing out, and what the audit log says of it', async () => {
    const { token, id } = await tokenOf(service, { role: 'auditor' })
    const browser = browserOf(service)
    await browser.signIn(token)
    const kept = new Map(browser.kept)
    const { session } = (await browser.call('GET', '/console/session')).body
    assert.equal((await browser.call('DELETE', '/console/session')).status, 204)
    assert.equal(browser.kept.size, 0)
    for (const [name, value] of kept) browser.kept.set(name, value)
    assert.equal((await browser.call('GET', '/api/audit')).status, 401)
    assert.equal((await browser.call('DELETE', '/console/session')).status, 204)
    const records = await query<{ event: string; actor: string }[]>(
      database,
      'select event, actor from audit_records where subject = $1 order by id',
      [session.session_id],
    )
    assert.deepEqual(
      records.map(({ event, actor }) => [event, actor]),
      [
        ['session.started', `admin:${id}`],
        ['session.ended', `admin:${id}`],
      ],
    )
    assert.deepEqual(await query(database, 'select from sessions where token_id = $1', [id]), [])
  })

  await t.test('a header wins over the cookie, and a wrong one is refused', async () => {
    const { token } = await tokenOf(service, { role: 'operator' })
    const browser = browserOf(service)
    await browser.signIn(token)
    const cookie = [...browser.kept].map(([name, value]) => `${name}=${value}`).join()
    const headers = { cookie, authorization: 'Bearer wrong' }
    assert.equal((await service.call('GET', '/api/customers', { headers })).status, 401)
  })
})

test('CONSOLE=false removes the console, and `/` leads elsewhere', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const before = await startService(t, {}, database)
  const browser = browserOf(before)
  await browser.signIn(ADMIN_TOKEN)
  assert.equal((await browser.call('GET', '/api/customers')).status, 200)
  const service = await startService(t, { CONSOLE: 'false' }, database)
  const later = browserOf(service)
  for (const [name, value] of browser.kept) later.kept.set(name, value)
  assert.equal((await later.call('GET', '/api/customers')).status, 401)
  for (const path of ['/console', '/console/customers', '/console/session', '/console/sessions']) {
    assert.equal((await service.call('GET', path)).status, 404, path)
  }
  const html = { accept: 'text/html' }
  const response = await fetch(`${service.origin}/`, { headers: html, redirect: 'manual' })
  assert.equal(response.headers.get('location'), '/docs')
  assert.equal((await service.call('GET', '/')).body.console, undefined)
})

test('`/` leads a browser to the console, and tells others where things are', async (t) => {
  const publicUrl = 'https://billing.example.com/money'
  const service = await startService(t, { PUBLIC_URL: publicUrl })
  const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const response = await fetch(`${service.origin}/`, { headers, redirect: 'manual' })
  assert.equal(response.status, 302)
  assert.equal(response.headers.get('location'), '/money/console')
  const { body, status } = await service.call('GET', '/')
  assert.equal(status, 200)
  assert.equal(body.docs, '/money/docs')

  // Only PUBLIC_URL is our origin, and its cookies are bound to its host.
  const elsewhere = await browserOf(service).signIn(ADMIN_TOKEN)
  assert.equal(elsewhere.status, 403)
  const answer = await browserOf(service, 'https://billing.example.com').signIn(ADMIN_TOKEN)
  assert.match(answer.headers.getSetCookie()[0] ?? '', /^__Host-strongroom_console=/)
})
