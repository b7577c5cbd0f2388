import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runScript, eventually } from '../support/processes.ts'
import { newDataDir, startServiceProcess } from '../support/service-process.ts'

const skip = process.platform === 'linux' ? false : 'a pipe that takes nothing is as on Linux'

/** Enough for more than a pipe and its reader hold. */
const CALLS = 2_500
const AT_ONCE = 50

test(
  'calls are answered while the log can not be written, and the process ends',
  { skip },
  async (t) => {
    const service = await startServiceProcess(t, newDataDir(t))
    service.child.stdout?.pause()
    for (let done = 0; done < CALLS; done += AT_ONCE) {
      const answers = Array.from({ length: AT_ONCE }, async () => {
        const answer = await fetch(`${service.origin}/.well-known/jwks.json`)
        await answer.arrayBuffer()
        return answer.status
      })
      assert.ok((await Promise.all(answers)).every((status) => status === 200 || status === 429))
    }
    service.child.kill('SIGTERM')
    const gone = () => service.child.exitCode !== null || service.child.signalCode !== null
    assert.ok(await eventually(gone, 20_000), 'it ends')
    assert.equal(service.child.signalCode, 'SIGKILL')
    service.child.stdout?.resume()
    await service.ended
  },
)

test('lines beyond the bound are dropped, counted and told of', { skip }, async (t) => {
  const writer = runScript('../support/log-writer.ts', [])
  t.after(async () => {
    writer.child.kill('SIGKILL')
    await writer.ended
  })
  writer.child.stdout?.pause()
  await writer.says(/^dropped \d+$/m)
  const dropped = Number(/dropped (\d+)/.exec(writer.output())?.[1])
  assert.ok(dropped > 0)
  writer.child.stdout?.resume()
  await writer.says(
    `"lines":${dropped},"msg":"Lines were dropped while the log could not be written"`,
  )
  assert.equal(await writer.ended, 0)
})
