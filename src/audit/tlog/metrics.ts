import { Gauge, type Registry } from 'prom-client'
import type { Publisher } from './publisher.ts'

export function tlogMetrics(registry: Registry, { standing }: Pick<Publisher, 'standing'>): void {
  const registers = [registry]
  const behind = new Gauge({
    name: 'strongroom_audit_behind',
    help: '1 while the audit log lacks what was published of it, and nothing is signed.',
    registers,
  })
  const quorum: Gauge = new Gauge({
    name: 'strongroom_audit_quorum',
    help: '1 while enough witnesses have cosigned the newest published checkpoint, or none are asked.',
    registers,
    collect: async () => {
      // While the database is away, what was known last stands.
      const now = await standing().catch(() => null)
      if (now === null) return
      quorum.set(now.hasQuorum ? 1 : 0)
      behind.set(now.isBehind ? 1 : 0)
    },
  })
}
