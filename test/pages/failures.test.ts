import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import * as inPage from './in-page.mjs'
import { signIn } from './sign-in.ts'
import { type World, makeWorld } from './world.ts'

const path = browserPath()

/** What the service answers where it can't know whether it has issued something. */
const unknown = (id: object) => ({
  status: 503,
  json: {
    statusCode: 503,
    error: 'Service Unavailable',
    code: 'OUTCOME_UNKNOWN',
    message: 'It is not known whether the call has happened.',
    request_id: 'req-1',
    ...id,
  },
})

describe('failures in the console', { skip: path === undefined && NO_BROWSER }, () => {
  let world: World
  let browser: Browser
  let page: Page
  const endings: (() => unknown)[] = []
  before(async () => {
    world = await makeWorld({ after: (end) => void endings.push(end as () => unknown) })
    browser = await launch(path ?? '')
    page = await browser.newPage()
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

  test('a test and a replay that fail say so', async () => {
    await open(`/events/${world.endpointId}`)
    for (const [call, button] of [
      ['test', 'Send a test'],
      ['replay', /^Replay number/],
    ] as const) {
      const url = `**/api/webhook-endpoints/*/${call}`
      await page.route(url, (route) => route.abort())
      await page.getByRole('button', { name: button }).first().click()
      await page.getByRole('alert').getByText('The service could not be reached.').waitFor()
      await page.unroute(url)
      const listed = page.waitForResponse('**/deliveries?*')
      await page.getByRole('button', { name: button }).first().click()
      await listed
      assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [])
    }
  })

  test('a key and a token of unknown outcome are named, and in the list to be revoked', async () => {
    await open(`/customers/${world.customerId}?tab=keys`)
    let keyId = ''
    await page.route('**/api-keys', async (route) => {
      const { key } = (await (await route.fetch()).json()) as { key: { key_id: string } }
      keyId = key.key_id
      await route.fulfill(unknown({ key_id: keyId }))
    })
    await page.getByRole('button', { name: 'Issue a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Issue' }).click()
    await dialog
      .getByRole('alert')
      .getByText(/may exist now/)
      .waitFor()
    assert.match(await dialog.getByRole('alert').innerText(), new RegExp(keyId))
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('cell', { name: keyId }).waitFor()

    await open('/tokens')
    await page.route('**/api/tokens', async (route) => route.fulfill(unknown({ token_id: 'abc' })))
    await page.getByRole('button', { name: 'Issue a token' }).click()
    await dialog.getByLabel('Name').fill('ada')
    await dialog.getByRole('button', { name: 'Issue' }).click()
    await dialog.getByText('The token abc may exist now').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  })

  test('an adjustment of unknown outcome is in sight, and made once', async () => {
    const balance = async () => {
      const { body } = await world.service.asInternal('GET', '/balance/grace')
      return body.balance as number
    }
    await open('/accounts/grace')
    const first = await balance()
    const figure = page.locator('.figure', { hasText: 'Balance' }).locator('.value')
    const old = await figure.innerText()
    const adjust = async () => {
      await page.getByRole('button', { name: 'Adjust' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Amount').fill('100')
      await dialog.getByLabel('Reason').fill('goodwill')
      await dialog.getByRole('button', { name: 'Adjust' }).click()
      return dialog
    }
    await page.route('**/api/funds/adjustments', async (route) => {
      await route.fetch()
      await route.abort()
    })
    const dialog = await adjust()
    await dialog.getByText('The service could not be reached.').waitFor()
    // The service is away for longer than the act.
    await page.route('**/api/funds/accounts/grace', (route) => route.abort())
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('alert').getByText('The service could not be reached.').waitFor()
    await page.unroute('**/api/funds/accounts/grace')
    await page.getByRole('button', { name: 'Try again' }).click()
    await figure.waitFor()
    await page.waitForFunction(inPage.isAtRest)
    assert.notEqual(await figure.innerText(), old)
    await page.unroute('**/api/funds/adjustments')
    await (await adjust()).waitFor({ state: 'detached' })
    assert.equal(await balance(), first + 10_000)
    // One that has succeeded can be made again.
    await (await adjust()).waitFor({ state: 'detached' })
    assert.equal(await balance(), first + 20_000)
  })

  test('an answer that is not the service’s is called unknown', async () => {
    await page.route('**/api/plans?*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<html>' }),
    )
    await open('/plans')
    const alert = page.getByRole('alert')
    await alert.getByText('An unknown answer. This page does not read it').waitFor()
    await alert.getByText('UNKNOWN_ANSWER').waitFor()
    await page.unroute('**/api/plans?*')
  })

  test('the first page says that the service is not ready', async () => {
    const health = { status: 'degraded', version: '1', uptime_s: 1, checks: {} }
    await page.route('**/health', (route) => route.fulfill({ status: 503, json: health }))
    await open('')
    await page.getByText('The service is not ready').waitFor()
    await page.getByText('Something needs you now').waitFor()
    await page.unroute('**/health')
  })

  test('the first page says what the rules for alerts do', async () => {
    const wrong = {
      strongroom_audit_behind: 1,
      strongroom_audit_kept: 0,
      strongroom_job_processes: 0,
      strongroom_webhook_endpoints_disabled: 2,
      strongroom_webhook_lag_seconds: 400,
    }
    await page.route('**/metrics', async (route) => {
      let text = await (await route.fetch()).text()
      for (const [name, value] of Object.entries(wrong)) {
        const line = new RegExp(`^${name} .*$`, 'm')
        assert.match(text, line)
        text = text.replace(line, `${name} ${value}`)
      }
      await route.fulfill({ contentType: 'text/plain', body: text })
    })
    await open('')
    const needs = await page.locator('.needs strong').allInnerTexts()
    for (const need of [
      'The audit log lacks records that were published',
      'The state of the audit log can’t be kept',
      'No process runs background jobs',
      'Endpoints were disabled',
      'Events to the outside wait',
    ]) {
      assert.ok(needs.includes(need), needs.join('; '))
    }
    await page.unroute('**/metrics')
  })

  test('where signing out fails, the console says so', async () => {
    await open('')
    await page.route('**/console/session', (route) => route.abort())
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('alert').getByText('The service could not be reached.').waitFor()
    await page.unroute('**/console/session')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Your token').waitFor()
  })

  test('a browser that does not keep the cookie says so', async () => {
    await page.route('**/console/session', (route) =>
      // Where no cookie is kept, it is as if none had been sent.
      route.request().method() === 'POST' ? route.fulfill({ status: 204 }) : route.continue(),
    )
    await page.getByLabel('Your token').fill(world.token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('The browser has not kept the session').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Sign in' }).isEnabled())
    await page.unroute('**/console/session')
  })
})
