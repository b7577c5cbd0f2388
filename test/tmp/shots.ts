import { test } from 'node:test'
import { makeWorld } from '../pages/world.ts'
import { browserPath, launch } from '../pages/browser.ts'
test('shots', async (t) => {
  const world = await makeWorld(t)
  const browser = await launch(browserPath()!)
  t.after(() => browser.close())
  const only = process.env.ONLY?.split(',')
  for (const [w, h] of [
    [1280, 800],
    [390, 844],
  ] as const)
    for (const scheme of ['light', 'dark'] as const) {
      if (process.env.SIZES && !process.env.SIZES.includes(`${w}${scheme[0]}`)) continue
      const context = await browser.newContext({
        viewport: { width: w, height: h },
        colorScheme: scheme,
        locale: 'en-GB',
        timezoneId: 'Europe/Berlin',
      })
      const page = await context.newPage()
      page.on('console', (m) => console.log('CONSOLE', m.type(), m.text()))
      page.on('pageerror', (e) => console.log('PAGEERROR', e.message))
      const origin = world.service.origin
      await page.goto(`${origin}/console`)
      await page.waitForSelector('#token')
      if (!only || only.includes('signin'))
        await page.screenshot({ path: `/tmp/shots/signin-${w}-${scheme}.png` })
      await page.fill('#token', world.token)
      await page.click('button.primary')
      await page.waitForSelector('.ways', { state: 'attached' })
      const pages: Record<string, string> = {
        now: '',
        accounts: '/accounts',
        account: '/accounts/ada',
        transfers: '/transfers',
        customers: '/customers',
        customer: `/customers/${world.customerId}`,
        keys: `/customers/${world.customerId}?tab=keys`,
        custusage: `/customers/${world.customerId}?tab=usage`,
        plans: '/plans',
        usage: '/usage',
        stripe: '/stripe',
        event: `/stripe/${world.parkedEventId}`,
        audit: '/audit',
        tokens: '/tokens',
        find: '/find?q=a',
        none: '/nope/x/y',
      }
      for (const [name, path] of Object.entries(pages)) {
        if (only && !only.includes(name)) continue
        await page.goto(`${origin}/console${path}`)
        await page.waitForLoadState('networkidle')
        await page.waitForTimeout(150)
        if (name === 'account') {
          await page.click('tbody tr:nth-child(3) button')
          await page.waitForSelector('.verdict')
          await page.waitForTimeout(100)
        }
        await page.screenshot({ path: `/tmp/shots/${name}-${w}-${scheme}.png`, fullPage: true })
      }
      if (!only || only.includes('portal')) {
        await page.goto(await world.portalLink())
        await page.waitForLoadState('networkidle')
        await page.waitForTimeout(150)
        await page.screenshot({ path: `/tmp/shots/portal-${w}-${scheme}.png`, fullPage: true })
      }
      await context.close()
      const sheet = await browser.newPage({ viewport: { width: 2000, height: 1000 } })
      const fs = await import('node:fs')
      const names = fs
        .readdirSync('/tmp/shots')
        .filter(
          (n) => n.endsWith(`-${w}-${scheme}.png`) && (!only || only.includes(n.split('-')[0]!)),
        )
      const width = w === 1280 ? 640 : 320
      await sheet.setContent(
        `<body style="margin:0;background:#888;display:flex;flex-wrap:wrap;gap:10px;align-items:start">` +
          names
            .map(
              (n) =>
                `<div style="width:${width}px;height:${w === 1280 ? 640 : 900}px;overflow:hidden"><img style="width:100%" src="data:image/png;base64,${fs.readFileSync('/tmp/shots/' + n).toString('base64')}"></div>`,
            )
            .join(''),
      )
      await sheet.waitForTimeout(300)
      await sheet.screenshot({ path: `/tmp/shots/sheet-${w}-${scheme}.png`, fullPage: true })
      await sheet.close()
    }
})
