import { INTERNAL_TOKEN } from '../support/service.ts'

/** Settings of the services of a drill, beside their database. */
export const ENV = { INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN, LOG_LEVEL: 'error' }

export const USERS = Array.from({ length: 32 }, (_, index) => `user-${index}`)

/** An account with money for each user. */
export async function openAccounts(origin: string): Promise<void> {
  for (const userId of USERS) {
    await post(origin, '/account', { user_id: userId, tier: 'pro' })
    await post(origin, '/top_up', { user_id: userId, amount: 1_000_000 })
  }
}

/** @returns the status */
export async function move(
  origin: string,
  kind: 'deduct' | 'top_up',
  key: string,
): Promise<number> {
  const body = { user_id: USERS[0], amount: 1, idempotency_key: key }
  return (await send(origin, `/${kind}`, body)).status
}

async function post(origin: string, path: string, body: object): Promise<void> {
  const answer = await send(origin, path, body)
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
}

function send(origin: string, path: string, body: object): Promise<Response> {
  return fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-internal-token': INTERNAL_TOKEN },
    body: JSON.stringify(body),
  })
}
