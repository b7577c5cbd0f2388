import type postgres from 'postgres'
import {
  type Facts,
  type Line,
  counted,
  failure,
  hasFault,
  pass,
  warning,
} from '../doctor/check.ts'
import { openEventKeys } from '../keys/event-keys.ts'

/** For `doctor`: the event keys, and the endpoints that need attention. */
export async function checkWebhooks(facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const endpoints = await sql<{ keyIds: string[]; status: string; reason: string | null }[]>`
    select array_remove(array[secret_key_id, previous_key_id], null)::text as "keyIds", status,
      disabled_reason as reason
    from webhook_endpoints`
  const [row] = await sql<{ parked: number }[]>`
    select count(*)::int as parked from webhook_deliveries d
    join webhook_endpoints e on e.seq = d.endpoint
    where d.status = 'parked' and e.status = 'active'`
  return [...(await keyLines(facts, endpoints)), ...stateLines(endpoints, row?.parked ?? 0)]
}

async function keyLines(facts: Facts, endpoints: readonly { keyIds: unknown }[]): Promise<Line[]> {
  const name = 'EVENTS_KEY_PATH'
  if (hasFault(facts, name) || hasFault(facts, 'EVENTS_PREVIOUS_KEY_PATHS')) return []
  const { keyId, jwks } = await openEventKeys(facts.config.eventKeys)
  const make = '`openssl genpkey -algorithm ed25519 -out events-key.pem`, then `chmod 600` on it'
  if (keyId === null) {
    const reason = 'is missing: no events can be sent'
    return [
      endpoints.length > 0
        ? failure(name, `${reason}, though there are endpoints`, make)
        : warning(name, reason, make),
    ]
  }
  const known = new Set(jwks.keys.map(({ kid }) => kid))
  const idsOf = (ids: unknown) => String(ids).replace(/[{}"]/g, '').split(',')
  const lost = endpoints.filter(({ keyIds }) => !idsOf(keyIds).every((id) => known.has(id)))
  return [
    lost.length === 0
      ? pass(name, 'a key that signs, and opens the secrets of all endpoints')
      : failure(
          name,
          `does not open the secrets of ${counted(lost.length, 'endpoint')}: their events have no \`v1\` signature`,
          'add the previous key to EVENTS_PREVIOUS_KEY_PATHS, or rotate their secrets',
        ),
  ]
}

function stateLines(
  endpoints: readonly { status: string; reason: string | null }[],
  parked: number,
): Line[] {
  const dead = endpoints.filter(
    ({ status, reason }) => status === 'disabled' && reason !== 'operator',
  )
  return [
    dead.length === 0
      ? pass('webhooks', 'no endpoint is disabled because of failures')
      : warning(
          'webhooks',
          `${counted(dead.length, 'endpoint')} disabled: gone, or failing for 5 days`,
          '`strongroom webhooks list` shows them; enable or delete them',
        ),
    parked === 0
      ? pass('deliveries', 'none are parked')
      : warning(
          'deliveries',
          `${counted(parked, 'event')} given up`,
          '`strongroom webhooks replay` sends them again',
        ),
  ]
}
