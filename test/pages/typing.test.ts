import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_BROWSER, browserPath, launch } from './browser.ts'
import { signIn } from './sign-in.ts'
import { makeWorld } from './world.ts'

const path = browserPath()

test(
  'what is typed into the search at once is not lost',
  { skip: path === undefined && NO_BROWSER },
  async (t) => {
    const world = await makeWorld(t)
    const browser = await launch(path ?? '')
    t.after(() => browser.close())
    const page = await browser.newPage()
    await signIn(page, world)
    const box = page.getByRole('searchbox')
    const text = 'a text as long as a key, which takes some frames to type'
    for (let round = 0; round < 10; round++) {
      for (const name of ['Accounts', 'Now', 'Plans']) {
        await page.getByRole('link', { name, exact: true }).click()
        await page.keyboard.press('/')
        await page.keyboard.type(text)
        assert.equal(await box.inputValue(), text, name)
        await box.fill('')
      }
    }
  },
)
