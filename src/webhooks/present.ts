import type { DeliveryRow } from './deliveries.ts'
import type { EndpointRow } from './service.ts'

/** @param publicKey the current public key, `whpk_…` */
export function presentEndpoint(row: EndpointRow, publicKey: string | null) {
  return {
    endpoint_id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    status: row.status,
    disabled_reason: row.disabledReason,
    public_key: publicKey,
    failing_since: row.failingSince?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

export function deliveryId({ endpoint, seq }: { endpoint: bigint; seq: bigint }): string {
  return `dlv_${endpoint}_${seq}`
}

export function presentDelivery(row: DeliveryRow) {
  const next = row.nextAttemptAt ?? row.createdAt
  return {
    delivery_id: deliveryId(row),
    seq: Number(row.seq),
    event_id: row.eventId,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === 'pending' ? next.toISOString() : null,
    created_at: row.createdAt.toISOString(),
  }
}
