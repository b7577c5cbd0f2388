import { Counter, Gauge, type Registry } from 'prom-client'
import { hashDuration, hashingLoad } from './hashing.ts'

/**
 * How a presented key was checked: `known` from this process's memory, `looked_up` by the digest in
 * its row, `hashed` by the slow hash. `refused`: not a key that is valid now. `malformed`: not a key.
 */
export const CHECK_RESULTS = ['known', 'looked_up', 'hashed', 'refused', 'malformed'] as const
export type KeyCheck = (typeof CHECK_RESULTS)[number]

/** @returns a function that counts a check */
export function keyMetrics(registry: Registry): (check: KeyCheck) => void {
  const registers = [registry]
  const checks = new Counter({
    name: 'strongroom_api_key_checks_total',
    help: 'Presented API keys: known to this process, looked up, hashed, refused, or malformed.',
    labelNames: ['result'],
    registers,
  })
  for (const result of CHECK_RESULTS) checks.inc({ result }, 0)
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
  return (result) => checks.inc({ result })
}
