import { Counter, Gauge, type Registry } from 'prom-client'
import { hashDuration, hashingLoad } from './hashing.ts'

/**
 * How a presented key was checked: `known` from this process's memory, `looked_up` by the digest in
 * its row, `hashed` by the slow hash. `refused`: not a key that is valid now. `malformed`: not a key.
 */
export const CHECK_RESULTS = ['known', 'looked_up', 'hashed', 'refused', 'malformed'] as const
export type KeyCheck = (typeof CHECK_RESULTS)[number]

/**
 * A counter of checks. One costs an addition: the metric is made of the sums when it is read.
 * @returns what counts a check, by the labels beside its result
 */
export function checkCounter<Label extends string = never>(
  registry: Registry,
  { name, help, labelNames }: { name: string; help: string; labelNames: readonly Label[] },
): (labels: Record<Label, string>) => (check: KeyCheck) => void {
  const all: { labels: Record<Label, string>; sums: Record<KeyCheck, number> }[] = []
  const counter = new Counter<string>({
    name,
    help,
    labelNames: [...labelNames, 'result'],
    registers: [registry],
    collect: () => {
      counter.reset()
      for (const { labels, sums } of all) {
        for (const result of CHECK_RESULTS) counter.inc({ ...labels, result }, sums[result])
      }
    },
  })
  return (labels) => {
    const sums = { known: 0, looked_up: 0, hashed: 0, refused: 0, malformed: 0 }
    all.push({ labels, sums })
    return (check) => void sums[check]++
  }
}

/** @returns a function that counts a check */
export function keyMetrics(registry: Registry): (check: KeyCheck) => void {
  const registers = [registry]
  const counting = checkCounter(registry, {
    name: 'strongroom_api_key_checks_total',
    help: 'Presented API keys: known to this process, looked up, hashed, refused, or malformed.',
    labelNames: [],
  })
  const running: Gauge = new Gauge({
    name: 'strongroom_argon2_running',
    help: 'Slow hashes of API keys under way.',
    registers,
    collect: () => running.set(hashingLoad().running),
  })
  const waiting: Gauge = new Gauge({
    name: 'strongroom_argon2_waiting',
    help: 'Slow hashes of API keys that wait for their turn.',
    registers,
    collect: () => waiting.set(hashingLoad().waiting),
  })
  registry.registerMetric(hashDuration)
  return counting({})
}
