import { Gauge, type Registry } from 'prom-client'
import type { Publisher, Standing } from './publisher.ts'

export function tlogMetrics(registry: Registry, { standing }: Pick<Publisher, 'standing'>): void {
  /** While the database does not answer, a gauge keeps its last value. */
  const gauge = (
    name: string,
    help: string,
    aggregator: 'min' | 'max',
    read: (now: Standing) => boolean,
  ) => {
    const one: Gauge = new Gauge({
      name,
      help,
      aggregator,
      registers: [registry],
      collect: async () => {
        const now = await standing().catch(() => null)
        if (now !== null) one.set(read(now) ? 1 : 0)
      },
    })
  }
  gauge(
    'strongroom_audit_quorum',
    '1 while enough witnesses have cosigned the newest published checkpoint, or none are required.',
    'min',
    ({ hasQuorum }) => hasQuorum,
  )
  gauge(
    'strongroom_audit_behind',
    '1 while the audit log lacks records that were already published, so nothing is signed.',
    'max',
    ({ isBehind }) => isBehind,
  )
  gauge(
    'strongroom_audit_kept',
    '1 while the signed state of the audit log can be kept outside the database.',
    'min',
    ({ isKept }) => isKept,
  )
}
