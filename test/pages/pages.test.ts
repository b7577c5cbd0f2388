import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { issue } from '../support/tokens.ts'
import * as inPage from './in-page.mjs'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import { signIn } from './sign-in.ts'
import { CANARY, type World, makeWorld } from './world.ts'

const path = browserPath()
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const

/** With little room the ways to other pages are behind a menu; the rest of a page is the same. */
const BEHIND_MENUS: ReadonlySet<string> = new Set(['sign in', 'now', 'account', 'portal'])

interface Watched {
  page: Page
  /** What the browser said, requests to elsewhere, and what broke the policy. */
  faults: string[]
}

/** A page whose every complaint is kept. */
async function watched(context: BrowserContext, origin: string): Promise<Watched> {
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => faults.push(`console: ${message.text()}`))
  page.on('response', (response) => {
    // Which call the browser's line is about.
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin || url.pathname === '/xss') faults.push(`request: ${url.href}`)
  })
  await page.addInitScript(inPage.startCounting)
  return { page, faults }
}

/** What axe finds in a page as it stands. */
async function axeOf(page: Page, rules: readonly string[] = []): Promise<string[]> {
  if (!(await page.evaluate(inPage.hasAxe))) await page.evaluate(AXE)
  const only = rules.length > 0 ? { type: 'rule', values: rules } : { type: 'tag', values: TAGS }
  return page.evaluate(inPage.runAxe, only)
}

/** What a keyboard should reach and does not. */
async function unreachable(page: Page): Promise<string[]> {
  const stops = await page.evaluate(inPage.markReachable)
  for (let press = 0; press < stops + 3; press++) await page.keyboard.press('Tab')
  return page.evaluate(inPage.stillMarked)
}

function pagesOf(world: World): Record<string, string> {
  const customer = `/customers/${world.customerId}`
  return {
    now: '',
    accounts: '/accounts',
    account: '/accounts/ada',
    charges: '/transfers',
    customers: '/customers',
    customer,
    keys: `${customer}?tab=keys`,
    usage: `${customer}?tab=usage`,
    audit: `${customer}?tab=audit`,
    plans: '/plans',
    'usage of all': '/usage',
    inbox: '/stripe',
    event: `/stripe/${world.parkedEventId}`,
    'events out': '/events',
    endpoint: `/events/${world.endpointId}`,
    'audit log': '/audit',
    tokens: '/tokens',
    find: '/find?q=a',
    'no page': '/nowhere/at/all',
  }
}

describe('the pages, in a browser', { skip: path === undefined && NO_BROWSER }, () => {
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

  for (const viewport of SIZES) {
    test(`${viewport.width} px: quiet, reachable and readable, in light and dark`, async () => {
      const { origin } = world.service
      const isWide = viewport.width > 1_000
      const context = await browser.newContext({ viewport })
      const { page, faults } = await watched(context, origin)
      const look = async (name: string) => {
        const note = (what: string, some: readonly string[]) =>
          faults.push(...some.map((one) => `${name}: ${what}: ${one}`))
        const wide = await page.evaluate(inPage.overflow)
        if (wide > 0) note('too wide', [`${wide} px`])
        const foreign = await page.locator('img[src="/xss"], script:not([src])').count()
        if (foreign > 0) note('markup', [`${foreign} elements`])
        note('policy', (await page.evaluate(inPage.readCounts)).violations)
        await page.emulateMedia({ colorScheme: 'light' })
        note('light', await axeOf(page))
        // Nothing else differs in the dark.
        await page.emulateMedia({ colorScheme: 'dark' })
        note('dark', await axeOf(page, ['color-contrast']))
        if (isWide || BEHIND_MENUS.has(name)) note('out of reach', await unreachable(page))
      }
      await page.goto(`${origin}/console`)
      await page.waitForFunction(inPage.isAtRest)
      await look('sign in')
      await signIn(page, world)
      for (const [name, at] of Object.entries(pagesOf(world))) {
        await page.goto(`${origin}/console${at}`)
        await page.waitForFunction(inPage.isAtRest)
        await look(name)
      }
      await page.goto(await world.portalLink())
      await page.waitForFunction(inPage.isAtRest)
      assert.equal(new URL(page.url()).hash, '', 'the secret is taken out of the address')
      await look('portal')
      await page
        .getByRole('button', { name: /^Verify the receipt/ })
        .first()
        .click()
      await page.getByText('Receipt verified in this browser').waitFor()
      await look('portal, with a receipt')
      assert.deepEqual(faults, [])
      await context.close()
    })
  }

  test('what callers write is shown as text', async () => {
    const { origin } = world.service
    const context = await browser.newContext()
    const { page, faults } = await watched(context, origin)
    await signIn(page, world)
    const shown: Record<string, string> = {
      account: '/accounts/ada',
      charges: '/transfers',
      keys: `/customers/${world.customerId}?tab=keys`,
      inbox: '/stripe',
      event: `/stripe/${world.parkedEventId}`,
      'events out': '/events',
      find: `/find?q=${encodeURIComponent(CANARY)}x`,
    }
    for (const [name, at] of Object.entries(shown)) {
      await page.goto(`${origin}/console${at}`)
      await page.waitForFunction(inPage.isAtRest)
      const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
      assert.ok(text.includes(CANARY.slice(0, 40)), `${name} shows it`)
    }
    await page.goto(`${origin}/console/transfers?reference=${encodeURIComponent(CANARY)}`)
    await page.waitForFunction(inPage.isAtRest)
    await page
      .getByRole('button', { name: /^Verify the receipt/ })
      .first()
      .click()
    await page.getByText('Receipt verified in this browser').waitFor()
    assert.deepEqual((await page.evaluate(inPage.readCounts)).violations, [])
    assert.deepEqual(faults, [])
    await context.close()
  })

  test('the five errands of an operator, in clicks', async () => {
    const { origin } = world.service
    const context = await browser.newContext({ viewport: SIZES[0] })
    const { page, faults } = await watched(context, origin)
    const errand = async (name: string, most: number, work: () => Promise<void>) => {
      await page.evaluate(inPage.resetClicks)
      await work()
      const { clicks } = await page.evaluate(inPage.readCounts)
      assert.ok(clicks <= most, `${name}: ${clicks} clicks`)
    }
    const home = () => page.getByRole('link', { name: 'Now', exact: true }).click()
    const find = async (text: string) => {
      await page.keyboard.press('/')
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    await page.goto(`${origin}/console`)
    await page.getByLabel('Your token').waitFor()
    await errand('sign in', 1, async () => {
      await page.getByLabel('Your token').fill(world.token)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Now', exact: true }).waitFor()
    })
    await errand('find a charge by its reference, and verify its receipt', 1, async () => {
      await find('job-4711')
      await page.getByRole('heading', { name: 'ada' }).waitFor()
      await page.getByText('Receipt verified in this browser').waitFor()
      await page.getByText('2,480 tokens').first().waitFor()
      await page.getByText('The published checkpoint holds the record').waitFor()
      await page.locator('.witnesses', { hasText: 'witness.example/one' }).waitFor()
    })
    await home()
    await errand('replay a parked event', 4, async () => {
      await page.getByRole('link', { name: '1 event of Stripe parked' }).click()
      await page
        .getByRole('link', { name: /customer.updated/ })
        .first()
        .click()
      await page.getByRole('button', { name: 'Replay' }).click()
      await page.getByRole('button', { name: 'Replay now' }).click()
      await page.getByText('Replayed').waitFor()
      await page.locator('.badge', { hasText: /applied|ignored/ }).waitFor()
    })
    await home()
    await errand('revoke a leaked key', 2, async () => {
      await find(world.leakedKey)
      // The secret is not in the address.
      assert.ok(!page.url().includes(world.leakedKey.slice(-20)))
      const keyId = new URL(page.url()).searchParams.get('key') ?? ''
      await page.getByRole('button', { name: 'Revoke' }).first().click()
      const confirm = page.getByRole('dialog').getByRole('button', { name: 'Revoke' })
      assert.ok(await confirm.isDisabled(), 'it has to be typed')
      await page.keyboard.type(keyId)
      await confirm.click()
      await page.locator('.badge', { hasText: 'revoked' }).waitFor()
    })
    const answer = await world.service.call('GET', '/api/me', {
      headers: { 'x-api-key': world.leakedKey },
    })
    assert.equal(answer.status, 401)
    assert.deepEqual(faults, [])
    await context.close()
  })

  test('states: empty, refused, away, and signed out at once', async () => {
    const { service } = world
    const { token, tokenId } = await issue(service, {
      scope: 'admin',
      permissions: ['funds:read'],
      name: 'Reads funds',
    })
    const context = await browser.newContext()
    const { page } = await watched(context, service.origin)
    await signIn(page, world, { token, at: '/accounts/grace' })
    await page.getByText('No budget limits this account.').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Customers', exact: true }).count(), 0)
    assert.equal(await page.getByRole('button', { name: 'Adjust' }).count(), 0)
    await page.goto(`${service.origin}/console/customers`)
    await page.getByText('You may not see this.').waitFor()
    await page.getByText('customers:read').waitFor()

    await page.route('**/api/funds/accounts?*', (route) => route.abort())
    await page.goto(`${service.origin}/console/accounts`)
    await page.getByText('The service could not be reached.').waitFor()
    await page.unroute('**/api/funds/accounts?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'grace' }).waitFor()

    await service.asAdmin('DELETE', `/api/tokens/${tokenId}`)
    await page.getByRole('link', { name: 'grace' }).click()
    await page.getByText('Your session has ended.').waitFor()
    await page.getByLabel('Your token').fill(world.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'grace' }).waitFor()
    await context.close()
  })

  test('an adjustment, with its reason, and the portal’s own budget', async () => {
    const { origin } = world.service
    const context = await browser.newContext()
    const { page, faults } = await watched(context, origin)
    await signIn(page, world, { at: '/accounts/user-123' })
    await page.getByRole('button', { name: 'Adjust' }).click()
    await page.getByLabel('Amount').fill('12.50')
    await page.getByLabel('Reason').fill('goodwill')
    await page.getByRole('dialog').getByRole('button', { name: 'Adjust' }).click()
    await page.getByRole('cell', { name: 'goodwill' }).waitFor()
    const { body } = await world.service.asInternal('GET', '/balance/user-123')
    assert.equal(body.balance, 1_250)

    await page.goto(await world.portalLink(['budgets']))
    assert.equal(await page.getByRole('button', { name: 'Top up' }).count(), 0)
    await page.getByRole('button', { name: 'Add a budget' }).click()
    await page.getByLabel('At most').fill('30')
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click()
    await page.getByRole('button', { name: /^Delete portal-/ }).waitFor()
    assert.equal(await page.getByRole('button', { name: /^Delete/ }).count(), 1)
    assert.deepEqual(faults, [])
    await context.close()
  })
})
