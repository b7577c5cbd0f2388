import { Counter, Histogram, type Registry } from 'prom-client'
import type { Round } from './sequencer.ts'

export function auditMetrics(registry: Registry) {
  const registers = [registry]
  const records = new Counter({
    name: 'strongroom_audit_records_total',
    help: 'Records that this process has put into the audit log.',
    registers,
  })
  const delays = new Histogram({
    name: 'strongroom_audit_delay_seconds',
    help: 'From an act to its record in the audit log.',
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  })
  const failures = new Counter({
    name: 'strongroom_audit_failures_total',
    help: 'Rounds of the audit log that failed; its records wait and are tried again.',
    registers,
  })
  return {
    added: (round: Round) => {
      records.inc(round.added)
      for (const delayS of round.delaysS) delays.observe(delayS)
    },
    failed: () => failures.inc(),
  }
}
