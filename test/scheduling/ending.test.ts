import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { type TestContext, test } from 'node:test'
import { cosignaturesOf } from '../../src/audit/tlog/cosignatures.ts'
import { gather } from '../../src/audit/tlog/gather.ts'
import { witnessServers } from '../../src/audit/tlog/witnesses.ts'
import { readPolicy } from '../../src/audit/verifier.ts'
import { endingAfter } from '../../src/scheduling/ending.ts'
import { sender } from '../../src/webhooks/send.ts'
import { eventually } from '../support/processes.ts'
import { startReceiver } from '../support/receiver.ts'
import { startWitness } from '../support/witness.ts'

const TIMES = 200

/** What others have left in a signal: listeners, and on Node 20 the entries of AbortSignal.any. */
function tracesIn(signal: AbortSignal): number {
  const symbols = Object.getOwnPropertySymbols(signal)
  const key = symbols.find(({ description }) => description === 'kDependantSignals')
  const entries = (signal as unknown as Record<symbol, ReadonlySet<unknown> | undefined>)[
    key ?? Symbol.iterator
  ]
  return getEventListeners(signal, 'abort').length + (entries?.size ?? 0)
}

test('a signal ends after its time, or with another one, whichever is first', async () => {
  const { signal: late, release } = endingAfter(1)
  // Its timer alone keeps no process running, so the wait has to.
  assert.ok(await eventually(() => late.aborted, 2_000))
  assert.equal(late.reason.name, 'TimeoutError')
  release()
  const closing = new AbortController()
  const two = [endingAfter(60_000, closing.signal), endingAfter(60_000, closing.signal)] as const
  two[1].release()
  closing.abort('closed')
  assert.deepEqual([two[0].signal.reason, two[1].signal.aborted], ['closed', false])
  assert.equal(endingAfter(60_000, closing.signal).signal.reason, 'closed')
})

const USES: Record<string, (t: TestContext, closing: AbortSignal) => Promise<void>> = {
  'rounds of the published log': async (_t, closing) => {
    const nothing = async () => undefined
    for (let n = 0; n < TIMES; n++) {
      const options = { closing, ask: () => null, heed: nothing, store: nothing }
      await gather([], cosignaturesOf('note', null), options)
    }
  },
  'requests to a witness': async (t, closing) => {
    const { vkey, url } = await startWitness(t)
    const policy = await readPolicy(`witness one ${vkey} ${url}\nquorum one\n`)
    const [witness] = witnessServers(policy, closing)
    for (let n = 0; n < TIMES; n++) {
      // It knows no log, so it refuses each request, and nothing is read from a database.
      assert.deepEqual(await witness?.ask(undefined as never, 'note\n', 1), {
        fault: 'does not know the log (404)',
        isStranger: true,
      })
    }
  },
  'attempts to send an event': async (t, closing) => {
    const receiver = await startReceiver(t)
    const http = sender({ production: false, allowPrivate: false })
    t.after(() => http.close())
    const message = { url: receiver.url, headers: {}, body: '{}' }
    for (let n = 0; n < TIMES; n++) {
      assert.equal((await http.send(message, undefined, closing)).status, 204)
    }
    await receiver.close()
    const failed = await http.send(message, undefined, closing)
    assert.equal(failed.status, null)
  },
}

for (const [what, use] of Object.entries(USES)) {
  test(`${what} leave nothing in the signal that ends with the process`, async (t) => {
    const closing = new AbortController()
    await use(t, closing.signal)
    const isClean = await eventually(async () => tracesIn(closing.signal) === 0, 2_000)
    assert.ok(isClean, `${tracesIn(closing.signal)} traces`)
  })
}
