import { passage } from '../../src/http/passage.ts'
import { processSeconds } from './cpu.ts'
import type { Load, LoadOptions } from './load.ts'
import { type Running, startProgram } from './processes.ts'
import { type Row, type Samples, addSample, median } from './report.ts'

interface Options {
  load: Load
  target: LoadOptions
  rounds: number
}

/** What each step may take of the processor, against all that a bare Fastify takes for a request. */
const BUDGET = 0.08
/** So that the route that does nothing reaches three quarters of a bare one. */
const BUDGET_OF_ALL = 0.33

/**
 * What each step that every request passes costs: of two servers, one with the step and one without,
 * the difference of what a request takes of the processor. All are measured in turns.
 */
export async function measurePassage(options: Options, samples: Samples): Promise<Row[]> {
  const { load, target, rounds } = options
  const steps = ['Fastify as the service makes it', ...stepNames()]
  const servers: Running[] = []
  try {
    servers.push(await startProgram('bare', { INTERNAL_SERVICE_TOKEN: target.token }))
    for (const count of steps.keys()) servers.push(await startProgram('plumbing', {}, [`${count}`]))
    for (let round = 0; round < rounds; round++) {
      for (const [index, { child, origin }] of servers.entries()) {
        const before = processSeconds(child)
        const { perSecond } = await load.asks('/health/live', { ...target, origin })
        const us = ((processSeconds(child) - before) / (perSecond * target.durationS)) * 1e6
        addSample(samples, `passage ${index}, µs of process`, us)
      }
    }
  } finally {
    for (const { stop } of servers) await stop()
  }
  const costs = servers.map((_, index) => median(samples.get(`passage ${index}, µs of process`)))
  const bare = costs[0] ?? NaN
  const row = (what: string, us: number, budget: number) => ({
    what,
    value: `${us.toFixed(1)} µs (${(us / bare).toFixed(2)} × of bare)`,
    target: `≤ ${budget} ×`,
    met: us / bare <= budget,
  })
  return [
    row('a request to bare Fastify', bare, 1),
    ...steps.map((what, index) => row(what, costs[index + 1]! - costs[index]!, BUDGET)),
    row('all steps', costs.at(-1)! - bare, BUDGET_OF_ALL),
  ]
}

function stepNames(): string[] {
  return passage({ trustProxy: [] }).map(({ name }) => name)
}
