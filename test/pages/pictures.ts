import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import { isAtRest } from './in-page.mjs'
import { makeWorld } from './world.ts'

/** `npm run pictures`: what README shows, of the same data as the tests of the pages. */
const FOLDER = fileURLToPath(new URL('../../src/docs/pictures/', import.meta.url))

test('pictures', async (t) => {
  const path = browserPath()
  if (path === undefined) throw new Error(NO_BROWSER)
  const world = await makeWorld(t, 'summary of a report')
  const browser = await launch(path)
  t.after(() => browser.close())
  mkdirSync(FOLDER, { recursive: true })
  const options = { deviceScaleFactor: 2, locale: 'en-US', timezoneId: 'UTC' } as const

  const console = await browser.newPage({ ...options, viewport: { width: 1280, height: 1110 } })
  await console.goto(`${world.service.origin}/console/accounts/ada`)
  await console.getByLabel('Your token').fill(world.token)
  await console.getByRole('button', { name: 'Sign in' }).click()
  await console.getByLabel('Your token').waitFor({ state: 'detached' })
  await console.waitForFunction(isAtRest)
  await console
    .getByRole('button', { name: /^Verify the receipt/ })
    .first()
    .click()
  await console.getByText('Receipt verified in this browser').waitFor()
  await console.evaluate('scrollTo(0, 0)')
  await save(browser, console, 'console')

  const portal = await browser.newPage({ ...options, viewport: { width: 860, height: 1040 } })
  await portal.goto(await world.portalLink())
  await portal.waitForFunction(isAtRest)
  await save(browser, portal, 'portal')
})

/** As WebP, a third of a PNG; the browser can write it. */
async function save(browser: Browser, page: Page, name: string): Promise<void> {
  // A plot is drawn in the frame after its data.
  await page.locator('.canvas canvas').first().waitFor()
  const png = (await page.screenshot()).toString('base64')
  const writer = await browser.newPage()
  const url = await writer.evaluate<string>(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png}'
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    canvas.getContext('2d').drawImage(image, 0, 0)
    const bytes = await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.86 })).bytes()
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  })()`)
  writeFileSync(`${FOLDER}${name}.webp`, Buffer.from(url, 'base64'))
  await writer.close()
}
