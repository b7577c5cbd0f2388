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
import { type StoredSecrets, openSecrets, sealedNow } from './signing.ts'

interface Examined extends StoredSecrets {
  status: string
  reason: string | null
}

/** For `doctor`: the event keys, and the endpoints that need attention. */
export async function checkWebhooks(facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const endpoints = await sql<Examined[]>`
    select id, secret, secret_key_id as "secretKeyId", previous_secret as "previousSecret",
      previous_key_id as "previousKeyId", previous_until as "previousUntil", status,
      disabled_reason as reason
    from webhook_endpoints`
  const [row] = await sql<{ parked: number }[]>`
    select count(*)::int as parked from webhook_deliveries d
    join webhook_endpoints e on e.seq = d.endpoint
    where d.status = 'parked' and e.status = 'active'`
  return [...(await keyLines(facts, endpoints)), ...stateLines(endpoints, row?.parked ?? 0)]
}

async function keyLines(facts: Facts, endpoints: readonly Examined[]): Promise<Line[]> {
  const name = 'EVENTS_KEY_PATH'
  if (hasFault(facts, name) || hasFault(facts, 'EVENTS_PREVIOUS_KEY_PATHS')) return []
  const keys = await openEventKeys(facts.config.eventKeys)
  const { keyId } = keys
  const make = '`openssl genpkey -algorithm ed25519 -out events-key.pem`, then `chmod 600` on it'
  if (keyId === null) {
    const reason = 'is missing: no events can be sent'
    return [
      endpoints.length > 0
        ? failure(name, `${reason}, though there are endpoints`, make)
        : warning(name, reason, make),
    ]
  }
  const lost = endpoints.filter((one) => openSecrets(keys, one) === null)
  if (lost.length > 0) {
    return [
      failure(
        name,
        `does not open the secrets of ${counted(lost.length, 'endpoint')}: their events wait`,
        'add the key that is missing to EVENTS_PREVIOUS_KEY_PATHS, or rotate their secrets without an overlap',
      ),
    ]
  }
  const now = new Date()
  const old = endpoints.filter((one) => sealedNow(one, now).some((it) => it.keyId !== keyId))
  return [
    old.length === 0
      ? pass(name, 'a key that signs, and opens the secrets of all endpoints')
      : warning(
          name,
          `is not yet the key of the secrets of ${counted(old.length, 'endpoint')}`,
          'keep the previous key until a process with background jobs has encrypted them again, within 5 minutes',
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
