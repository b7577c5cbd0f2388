import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from '../support/processes.ts'

test('a drill that is stopped ends what it has started, and says so', async (t) => {
  const program = `
    import { drill } from ${JSON.stringify(import.meta.resolve('./report.ts'))}
    await drill('A drill without an end', async (report, ends) => {
      ends.after(() => console.log('the first is ended'))
      ends.after(() => {
        ends.after(() => console.log('the last is ended'))
      })
      setInterval(() => undefined, 1_000)
      console.log('it runs')
      await new Promise(() => undefined)
    })`
  const tsx = import.meta.resolve('tsx')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const stopped = run(process.execPath, ['--import', tsx, '--input-type=module', '-e', program])
    t.after(() => stopped.child.kill('SIGKILL'))
    await stopped.says('it runs')
    stopped.child.kill(signal)
    assert.equal(await stopped.ended, 1)
    assert.match(stopped.output(), /the last is ended\nthe first is ended\n/)
    assert.match(stopped.output(), new RegExp(`Stopped by ${signal}[^]*BROKEN`))
  }
})
