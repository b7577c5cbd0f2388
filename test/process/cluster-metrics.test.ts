import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Peer } from '../../src/cluster/peer.ts'
import { metricsOfAll } from '../../src/process/cluster/metrics.ts'

/** A process that has counted so many calls, and has one connection. */
function worker(calls: number): Peer {
  const registers = [new Registry()]
  new Counter({ name: 'calls_total', help: 'Calls.', registers }).inc(calls)
  new Gauge({ name: 'connections', help: 'Connections.', registers }).set(1)
  const ask = async <T>() => (await registers[0]!.getMetricsAsJSON()) as T
  return { ask, answer: () => undefined }
}

const valueIn = (text: string, name: string) =>
  Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])

test('processes that end in the same instant leave all that they counted', async () => {
  const metrics = metricsOfAll()
  const [first, second, third] = [worker(1), worker(20), worker(300)]
  for (const one of [first, second, third]) metrics.join(one)
  assert.equal(valueIn(await metrics.text(), 'calls_total'), 321)
  metrics.leave(first)
  metrics.leave(second)
  const text = await metrics.text()
  assert.equal(valueIn(text, 'calls_total'), 321)
  assert.equal(valueIn(text, 'connections'), 1)
})

test('a process that ends during a scrape counts once', async () => {
  const metrics = metricsOfAll()
  const [ending, slow] = [worker(1), worker(20)]
  const ask: Peer['ask'] = async (what, value) => {
    // The other has answered by now.
    await new Promise((resolve) => setTimeout(resolve, 50))
    metrics.leave(ending)
    return slow.ask(what, value)
  }
  metrics.join(ending)
  metrics.join({ ...slow, ask })
  assert.equal(valueIn(await metrics.text(), 'calls_total'), 21)
  assert.equal(valueIn(await metrics.text(), 'calls_total'), 21)
})
