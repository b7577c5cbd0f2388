import { test } from 'node:test'
import { startNginx } from '../support/nginx.ts'
import { assertRefused } from '../support/refusals.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../support/service.ts'

/** What the page of the portal calls of the internal scope. */
const OF_PORTAL = `
  GET /balance/ada
  GET /balance/ada?at=2030-01-01T00:00:00Z
  GET /account/ada/transfers?limit=5
  GET /account/ada/grants
  GET /account/ada/budgets
  PUT /account/ada/budgets/api
  GET /account/ada/auto_top_up
  GET /account/ada/statement?month=2030-01
  GET /transfers/tr_1/receipt
  POST /top_up/checkout`

const INTERNAL = `
  GET /metrics
  GET /accounts
  GET /transfers
  POST /account
  GET /account/ada
  GET /account/ada/export
  POST /account/ada/budgets/api/x
  POST /deduct
  POST /deduct?/balance/b
  POST /top_up
  POST /portal/session
  GET /balance/ada/x`

const COOKIE = 'strongroom_portal=c2Vzc2lvbg'

function callsOf(list: string): [method: string, path: string][] {
  return list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ') as [string, string])
}

test('from outside the cookie of the portal opens what its page calls, and nothing else', async (t) => {
  const service = await startService(t, { TRUST_PROXY: '127.0.0.1', RATE_LIMIT_ADMIN: 'off' })
  const nginx = await startNginx(t, [Number(new URL(service.origin).port)])
  const credentials = {
    authorization: `Bearer ${ADMIN_TOKEN}`,
    'x-internal-token': INTERNAL_TOKEN,
  }
  const send = async (method: string, path: string, cookie: string) => {
    const answer = await nginx.call({ method, path, headers: { ...credentials, cookie } })
    return { ...answer, body: JSON.parse(answer.body) as { code: string; request_id: string } }
  }

  for (const cookie of [
    COOKIE,
    `__Host-${COOKIE}`,
    `theme=dark; ${COOKIE}`,
    `theme=dark;${COOKIE}; lang=en`,
  ]) {
    for (const [method, path] of callsOf(OF_PORTAL)) {
      // The service is asked, and does not know this session.
      assertRefused(await send(method, path, cookie), 'FORBIDDEN', `${method} ${path} ${cookie}`)
    }
  }
  for (const [method, path] of callsOf(OF_PORTAL)) {
    for (const cookie of ['theme=dark', `not-${COOKIE}`, 'strongroom_portal=']) {
      assertRefused(await send(method, path, cookie), 'NOT_FOUND', `${method} ${path} ${cookie}`)
    }
  }
  for (const [method, path] of callsOf(INTERNAL)) {
    for (const cookie of [
      COOKIE,
      `${COOKIE}; x= /balance/b?`,
      `${COOKIE}; x= /balance/b`,
      `x= /top_up/checkout; ${COOKIE}`,
      `x= /balance/b ${COOKIE}`,
    ]) {
      assertRefused(await send(method, path, cookie), 'NOT_FOUND', `${method} ${path} ${cookie}`)
    }
  }
})
