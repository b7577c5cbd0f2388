import { Counter, Gauge, type Registry } from 'prom-client'
import { hashDuration, hashingLoad } from './hashing.ts'

/** `known`: by the memory of this process; `unknown`: looked up, and hashed if that was allowed. */
export type KeyCheck = 'known' | 'unknown' | 'malformed'

/** @returns counts a check of a key */
export function keyMetrics(registry: Registry): (check: KeyCheck) => void {
  const registers = [registry]
  const checks = new Counter({
    name: 'strongroom_api_key_checks_total',
    help: 'Presented API keys: known to this process, unknown to it, or malformed.',
    labelNames: ['result'],
    registers,
  })
  for (const result of ['known', 'unknown', 'malformed']) checks.inc({ result }, 0)
  const running: Gauge = new Gauge({
    name: 'strongroom_argon2_running',
    help: 'Hashes of API keys under way, or at rest after one that matched nothing.',
    registers,
    collect: () => running.set(hashingLoad().running),
  })
  const waiting: Gauge = new Gauge({
    name: 'strongroom_argon2_waiting',
    help: 'Hashes of API keys that wait for their turn.',
    registers,
    collect: () => waiting.set(hashingLoad().waiting),
  })
  registry.registerMetric(hashDuration)
  return (result) => checks.inc({ result })
}
