import type { Page } from 'playwright-core'
import * as inPage from './in-page.mjs'
import type { World } from './world.ts'

/** Signs in to the console, at a page of it. */
export async function signIn(
  page: Page,
  world: World,
  { token = world.token, at = '' } = {},
): Promise<void> {
  await page.goto(`${world.service.origin}/console${at}`)
  await page.getByLabel('Your token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  // The form is at rest too, until the answer has come.
  await page.getByLabel('Your token').waitFor({ state: 'detached' })
  await page.waitForFunction(inPage.isAtRest)
}
