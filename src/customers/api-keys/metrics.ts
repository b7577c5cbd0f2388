import { Counter, Gauge, type Registry } from 'prom-client'
import { hashDuration, hashingLoad } from './hashing.ts'

/**
 * How a presented key was checked: `known` by the memory of this process, `looked_up` by the digest in
 * its row, `hashed` by the slow hash; or `refused`, as no key that is good now; or `malformed`.
 */
const RESULTS = ['known', 'looked_up', 'hashed', 'refused', 'malformed'] as const
export type KeyCheck = (typeof RESULTS)[number]

/** @returns counts a check of a key */
export function keyMetrics(registry: Registry): (check: KeyCheck) => void {
  const registers = [registry]
  const checks = new Counter({
    name: 'strongroom_api_key_checks_total',
    help: 'Presented API keys: known to this process, looked up, hashed, refused, or malformed.',
    labelNames: ['result'],
    registers,
  })
  for (const result of RESULTS) checks.inc({ result }, 0)
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
