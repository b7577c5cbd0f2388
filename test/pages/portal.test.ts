import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { asAdmin } from '../support/database.ts'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import * as inPage from './in-page.mjs'
import { type World, makeWorld } from './world.ts'

const path = browserPath()
const MINUTE_MS = 60_000
const ENDED = 'Your session has ended. Open the portal again from where you came.'

describe('the portal', { skip: path === undefined && NO_BROWSER }, () => {
  let world: World
  let browser: Browser
  const endings: (() => unknown)[] = []
  before(async () => {
    world = await makeWorld({ after: (end) => void endings.push(end as () => unknown) })
    browser = await launch(path ?? '')
  })
  after(async () => {
    await browser?.close()
    for (const end of endings.toReversed()) await end()
  })

  const visit = async (options: BrowserContextOptions = {}, prepare?: (page: Page) => unknown) => {
    const page = await browser.newPage(options)
    page.setDefaultTimeout(20_000)
    await prepare?.(page)
    await page.goto(await world.portalLink())
    await page.waitForFunction(inPage.isAtRest)
    return page
  }
  const endSessions = () =>
    asAdmin(world.service.database.adminUrl, async (sql) => {
      await sql`update sessions set expires_at = now() - interval '1 second'`
    })

  test('automatic top-up: what a day may cost is a field of its own', async () => {
    const page = await visit()
    await page.getByRole('button', { name: 'Change' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('At most a month').fill('150')
    await dialog.getByText('= $150.00').waitFor()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    const settings = () => world.service.asInternal('GET', '/account/ada/auto_top_up')
    assert.equal((await settings()).body.daily_max, 4_000)
    assert.equal((await settings()).body.monthly_max, 15_000)
    await page.close()
  })

  test('an amount is shown as it is understood, and refused where it could mean two', async () => {
    const page = await visit()
    await page.getByRole('button', { name: 'Top up' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Amount').fill('12,5')
    await dialog.getByText('= $12.50').waitFor()
    await dialog.getByLabel('Amount').fill('1,000')
    await dialog.getByRole('button', { name: 'Pay at Stripe' }).click()
    await dialog.getByRole('alert').getByText('with nothing between thousands').waitFor()
    await page.close()
  })

  test('more credit than a page holds goes on', async () => {
    for (let index = 1; index <= 25; index++) {
      const grant = { user_id: 'ada', amount: 10, category: `gift ${index}` }
      await world.service.asInternal('POST', '/grants', grant)
    }
    const page = await visit()
    assert.equal(await page.getByText('gift 1', { exact: true }).count(), 0)
    const pages = page.getByRole('navigation', { name: 'Pages of credit' })
    await pages.getByRole('button', { name: 'Older' }).click()
    await page.getByText('gift 1', { exact: true }).waitFor()
    await page.close()
  })

  test('a day is a day where the clocks change', async () => {
    const page = await visit({ timezoneId: 'America/New_York' }, (one) =>
      // Late on a day, one of 25 hours is among those before it.
      one.clock.setFixedTime('2026-11-05T23:30-05:00'),
    )
    const plot = page.locator('.plot', { hasText: 'By day, the last 30 days' })
    await plot.getByText('As a table').click()
    const days = await plot.locator('tbody td:first-child').allInnerTexts()
    const dates = days.map((day) => day.split(',')[0])
    assert.equal(new Set(dates).size, 30, dates.join(' '))
    assert.equal(dates[0], 'Oct 7')
    await page.close()
  })

  test('of very many movements the newest are counted, and it says so', async () => {
    const page = await browser.newPage()
    const rows = Array.from({ length: 200 }, (_, index) => ({
      transfer_id: `tr_1_${index + 1}`,
      kind: 'deduct',
      amount: 1,
      asset: 'USD/2',
      grants: [],
      reason: null,
      reference: null,
      balance_after: 0,
      created_at: new Date(Date.now() - index * 1_000).toISOString(),
    }))
    let reads = 0
    await page.route('**/account/ada/transfers?limit=200*', (route) => {
      reads += 1
      return route.fulfill({ json: { data: rows, next_cursor: 'more' } })
    })
    await page.goto(await world.portalLink())
    await page.getByText('Your newest 2,000 movements are counted here').waitFor()
    assert.equal(reads, 10)
    await page.close()
  })

  test('a link that could not be opened in passing can be tried again', async () => {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    const open = '**/portal/session/open'
    await page.route(open, (route) => route.abort())
    await page.goto(await world.portalLink())
    await page.getByText('The service could not be reached.').waitFor()
    assert.equal(new URL(page.url()).hash, '')
    await page.unroute(open)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('This page closes by itself').waitFor()
    await page.close()
  })

  test('a browser that does not keep the cookie says so', async () => {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    // Where no cookie is kept, it is as if none had been sent.
    await page.route('**/portal/session/open', (route) => route.fulfill({ status: 204 }))
    await page.goto(await world.portalLink())
    await page.getByText('The browser has not kept the session').waitFor()
    await page.close()
  })

  test('a budget of unknown outcome is in sight, and added once', async () => {
    const page = await visit()
    const url = '**/account/ada/budgets/portal-*'
    const dialog = page.getByRole('dialog')
    const add = dialog.getByRole('button', { name: 'Add' })
    const lose = async () => {
      await page.route(url, async (route) => {
        await route.fetch()
        await route.abort()
      })
      await page.getByRole('button', { name: 'Add a budget' }).click()
      await dialog.getByLabel('At most').fill('30')
      await add.click()
      await dialog.getByText('The service could not be reached.').waitFor()
      await page.unroute(url)
    }
    const deletes = page.getByRole('button', { name: /^Delete portal-/ })
    await lose()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await deletes.waitFor()
    await lose()
    await add.click()
    await dialog.waitFor({ state: 'detached' })
    await page.waitForFunction(inPage.isAtRest)
    assert.equal(await deletes.count(), 2)
    await page.close()
  })

  test('it closes by itself when its session ends', async () => {
    const page = await visit({}, (one) => one.clock.install())
    await page.getByText('This page closes by itself').waitFor()
    await endSessions()
    await page.clock.fastForward(31 * MINUTE_MS)
    await page.getByText(ENDED).waitFor()
    await page.close()
  })

  test('an act after the end shows that it has ended', async () => {
    const page = await visit()
    await page.getByRole('button', { name: 'Add a budget' }).click()
    await page.getByLabel('At most').fill('30')
    await endSessions()
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
    await page.getByText(ENDED).waitFor()
    assert.equal(await page.getByText(/X-INTERNAL-TOKEN/i).count(), 0)
    await page.close()
  })

  test('where it could not be closed, it says so', async () => {
    const page = await visit()
    await page.route('**/portal/session', (route) => route.abort())
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('The service could not be reached.').waitFor()
    await page.unroute('**/portal/session')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('You have closed the portal.').waitFor()
    await page.close()
  })
})
