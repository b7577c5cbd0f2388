import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { asAdmin } from '../support/database.ts'
import { eventually } from '../support/processes.ts'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import * as inPage from './in-page.mjs'
import { signIn } from './sign-in.ts'
import { type World, makeWorld } from './world.ts'

const path = browserPath()
const OLD_TOKEN = 'olderToken12'

/** More of each than its list shows at once. */
async function fill({ service, customerId }: World): Promise<void> {
  for (let index = 1; index <= 12; index++) {
    const grant = { user_id: 'user-123', amount: 100, category: `grant ${index}` }
    assert.equal((await service.asInternal('POST', '/grants', grant)).status, 201)
    const hold = { user_id: 'user-123', amount: 1, reference: `hold-${index}` }
    assert.equal((await service.asInternal('POST', '/holds', hold)).status, 201)
  }
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`
      insert into usage_findings (kind, customer_id, metric, window_start, at, value, threshold, found_at)
      select 'anomaly', ${customerId}, 'metric.' || n, now(), now(), n, 1, now()
      from generate_series(1, 24) n`
    await sql`
      insert into licenses (
        id, customer_id, features, limits, issued_at, not_before, expires_at, key_id, token
      )
      select 'lic_' || lpad(n::text, 16, '0'), ${customerId}, '{}', '{}', now(), now(),
        now() + interval '1 day', ${service.app.keys.signingKeyId}, ''
      from generate_series(1, 21) n`
    await sql`
      insert into api_keys (id, customer_id, hash)
      select lpad(n::text, 8, '0'), ${customerId}, 'x' from generate_series(1, 60) n`
    await sql`
      insert into tokens (id, lineage, name, scope, role, hash)
      select id, id, 'made before', 'admin', 'auditor', 'x'
      from (select ${OLD_TOKEN}::text union all
        select lpad(n::text, 12, '0') from generate_series(1, 60) n) made (id)`
  })
}

describe('lists of the console', { skip: path === undefined && NO_BROWSER }, () => {
  let world: World
  let browser: Browser
  let page: Page
  const endings: (() => unknown)[] = []
  before(async () => {
    world = await makeWorld({ after: (end) => void endings.push(end as () => unknown) })
    await fill(world)
    browser = await launch(path ?? '')
    page = await browser.newPage({ timezoneId: 'America/New_York' })
    page.setDefaultTimeout(20_000)
    await signIn(page, world)
  })
  after(async () => {
    await browser?.close()
    for (const end of endings.toReversed()) await end()
  })

  const open = async (at: string) => {
    await page.goto(`${world.service.origin}/console${at}`)
    await page.waitForFunction(inPage.isAtRest)
  }
  const older = (list: string) =>
    page.getByRole('navigation', { name: `Pages of ${list}` }).getByRole('link', { name: 'Older' })

  test('each list goes on, by itself', async () => {
    await open('/accounts/user-123')
    await page.getByText('grant 12').waitFor()
    assert.equal(await page.getByText('grant 1', { exact: true }).count(), 0)
    await older('grants').click()
    await page.getByText('grant 1', { exact: true }).waitFor()
    // On the first page of holds still.
    const holds = page.getByRole('region', { name: 'Open holds' })
    assert.equal(await holds.getByText('hold-1', { exact: true }).count(), 0)
    await older('holds').click()
    await holds.getByText('hold-1', { exact: true }).waitFor()
    await page.getByText('grant 1', { exact: true }).waitFor()

    await open('/usage')
    assert.equal(await page.getByText('metric.1', { exact: true }).count(), 0)
    await older('findings').click()
    await page.getByText('metric.1', { exact: true }).waitFor()

    await open(`/customers/${world.customerId}`)
    await page.getByText('lic_0000000000000021').waitFor()
    assert.equal(await page.getByText('lic_0000000000000001').count(), 0)
    await older('licences').click()
    await page.getByText('lic_0000000000000001').waitFor()
    // Other parts of the page have other lists.
    await page.getByRole('link', { name: 'Keys' }).click()
    assert.equal(new URL(page.url()).searchParams.get('licences'), null)
  })

  test('a page whose rows have gone meanwhile leads back to the first', async () => {
    const customer = `/customers/${world.customerId}`
    const lists = [
      ['/tokens?cursor=x', '/api/tokens', 'Pages'],
      ['/tokens?sessions=x', '/console/sessions', 'Pages of sessions'],
      ['/events?cursor=x', '/api/webhook-endpoints', 'Pages'],
      ['/plans?cursor=x', '/api/plans', 'Pages'],
      ['/accounts/user-123?cursor=x', '/api/funds/transfers', 'Pages'],
      [`${customer}?tab=keys&cursor=x`, `/api/customers/*/api-keys`, 'Pages'],
      [`${customer}?licences=x`, `/api/licenses/*`, 'Pages of licences'],
    ] as const
    for (const [at, list, pages] of lists) {
      const url = `**${list}?*cursor=x*`
      const next_cursor = null
      await page.route(url, (route) => route.fulfill({ json: { data: [], next_cursor } }))
      await open(at)
      await page.getByText('Nothing is on this page.').waitFor()
      const nav = page.getByRole('navigation', { name: pages, exact: true })
      await nav.getByRole('link', { name: 'Newest' }).click()
      await page.getByText('Nothing is on this page.').waitFor({ state: 'detached' })
      await page.unroute(url)
    }
  })

  test('a key and a token that are searched for stand first, however old they are', async () => {
    const first = page.getByRole('row').nth(1)
    await page.keyboard.press('/')
    await page.keyboard.type(world.leakedKey)
    await page.keyboard.press('Enter')
    await page.waitForURL(/key=/)
    const keyId = new URL(page.url()).searchParams.get('key') ?? ''
    await first.getByText(keyId).waitFor()
    await page.getByText('No calls in the last 48 hours.').waitFor()

    await open(`/tokens?token=${OLD_TOKEN}`)
    await first.getByText('the one you looked for').waitFor()
    await first.getByText(OLD_TOKEN).waitFor()
    await open('/tokens?token=noSuchToken1')
    await page.getByText('There is no token noSuchToken1 here.').waitFor()
  })

  test('what was verified is said of these movements alone', async () => {
    await open('/accounts/user-123')
    await page.getByRole('button', { name: /^Verify all/ }).click()
    await page.getByText(/receipts hold/).waitFor()
    await page
      .getByRole('navigation', { name: 'Pages', exact: true })
      .last()
      .getByRole('link', { name: 'Older' })
      .click()
    await page.getByRole('link', { name: 'Newest' }).waitFor()
    await page.waitForFunction(inPage.isAtRest)
    assert.equal(await page.getByText(/receipts hold/).count(), 0)
    assert.ok(await page.getByRole('button', { name: /^Verify all/ }).isEnabled())
  })

  test('of the audit log what is in sight is verified, whatever was logged since', async () => {
    const { service } = world
    await open('/audit')
    const names = await page
      .getByRole('button', { name: /^Open record/ })
      .evaluateAll(inPage.labelsOf)
    const shown = names.map((name) => Number(name.replace('Open record ', '')))
    assert.equal(shown.length, 50)
    const transfers = Array.from({ length: 60 }, () => {
      return { op: 'top_up', user_id: 'alan', amount: 1 }
    })
    await service.asInternal('POST', '/transfers/batch', { transfers })
    const areLogged = async () => {
      const { body } = await service.asAdmin('GET', '/api/audit?limit=1')
      return body.data[0].seq >= Math.max(...shown) + 60
    }
    assert.ok(await eventually(areLogged, 15_000))
    const asked: number[] = []
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname === '/api/audit/proof') asked.push(Number(searchParams.get('index')))
    })
    await page.getByRole('button', { name: 'Verify these 50' }).click()
    await page.getByText(/^All 50 are in the log of/).waitFor()
    assert.deepEqual(asked, shown)
    page.removeAllListeners('request')

    await page.route('**/api/audit?*', async (route) => {
      const answer = await route.fetch()
      const { data, ...rest } = (await answer.json()) as { data: object[] }
      const forged = data.map((record, at) => (at === 7 ? { ...record, actor: 'nobody' } : record))
      await route.fulfill({ json: { ...rest, data: forged } })
    })
    await open('/audit')
    await page.getByRole('button', { name: 'Verify these 50' }).click()
    await page.getByText(/^Not in the log: \d+$/).waitFor()
    await page.unroute('**/api/audit?*')
  })

  test('another filter begins its list at the first page', async () => {
    await open('/events')
    const events = page.getByRole('navigation', { name: 'Pages of events' })
    await events.getByRole('link', { name: 'Newer' }).click()
    await page.waitForURL(/events=/)
    await page.getByLabel('Type').fill('account.created')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.waitForFunction(inPage.isAtRest)
    await page.getByRole('cell', { name: 'account.created' }).first().waitFor()
    assert.equal(new URL(page.url()).searchParams.get('events'), null)
  })

  test('days of the audit log are the reader’s', async () => {
    await open('/audit')
    const asked = page.waitForRequest((request) => request.url().includes('/api/audit?'))
    await page.getByLabel('From the day').fill('2026-07-04')
    await page.getByLabel('Before the day').fill('2026-12-04')
    await page.getByRole('button', { name: 'Filter' }).click()
    const { searchParams } = new URL((await asked).url())
    assert.equal(searchParams.get('from'), '2026-07-04T04:00:00.000Z')
    assert.equal(searchParams.get('to'), '2026-12-04T05:00:00.000Z')
  })

  test('a page without a match leads on to the next', async () => {
    await asAdmin(world.service.database.adminUrl, async (sql) => {
      // A page looks at 5,000 of them.
      await sql`
        insert into accounts (user_id, asset, tier, status)
        select 'frozen-' || n, 'USD/2', 'pro', 'frozen' from generate_series(1, 5001) n`
    })
    await open('/accounts?status=active')
    await page.getByText('Nothing was found on this page.').waitFor()
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByRole('link', { name: 'grace' }).waitFor()
    await open('/accounts?status=active&user=nobody')
    await page.getByText('No account is like this.').waitFor()
  })

  test('a charge is not what has ended', async () => {
    const { service } = world
    const grant = { user_id: 'grace', amount: 77_700 }
    const { body } = await service.asInternal('POST', '/grants', grant)
    await open('')
    const charged = page.locator('.figure', { hasText: 'Charged' }).locator('.value')
    const sum = await charged.innerText()
    await service.asInternal('POST', `/grants/${body.grant_id}/void`)
    await open('')
    assert.equal(await charged.innerText(), sum)
    const ended = page.locator('.figure', { hasText: 'Ended or taken back' }).locator('.value')
    assert.match(await ended.innerText(), /777/)
  })
})
