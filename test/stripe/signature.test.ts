import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasValidSignature } from '../../src/stripe/signature.ts'
import { WEBHOOK_SECRET } from '../support/service.ts'
import { signatureV1 } from '../support/stripe-events.ts'

test('a signature is good for 300 whole seconds either way, wherever in a second it is checked', (t) => {
  const now = 1_800_000_000
  const isGoodAt = (ms: number, time: number) => {
    t.mock.timers.setTime(ms)
    const header = `t=${time},v1=${signatureV1(time, '{}')}`
    return hasValidSignature(Buffer.from('{}'), header, [WEBHOOK_SECRET])
  }
  t.mock.timers.enable({ apis: ['Date'] })
  for (const part of [0, 999]) {
    const ms = now * 1_000 + part
    assert.deepEqual(
      [-301, -300, 300, 301].map((ageS) => isGoodAt(ms, now + ageS)),
      [false, true, true, false],
    )
  }
})
