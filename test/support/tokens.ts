import assert from 'node:assert/strict'
import type { Answer, Service } from './service.ts'

export type TokenScope = 'admin' | 'internal'

export type Bearer = (method: string, path: string, body?: unknown) => Promise<Answer>

/** Calls with a token. */
export function bearer(service: Service, scope: TokenScope, token: string): Bearer {
  const headers: Record<string, string> =
    scope === 'admin' ? { authorization: `Bearer ${token}` } : { 'x-internal-token': token }
  return (method, path, body) => service.call(method, path, { headers, body })
}

export interface IssuedToken {
  token: string
  tokenId: string
  scope: TokenScope
  info: Record<string, unknown>
  call: Bearer
}

/** A token issued with the environment's token. */
export async function issue(
  service: Service,
  wanted: { scope: TokenScope } & Record<string, unknown>,
): Promise<IssuedToken> {
  const { status, body } = await service.asAdmin('POST', '/api/tokens', { name: 'test', ...wanted })
  assert.equal(status, 201, JSON.stringify(body))
  const { token, info } = body
  const call = bearer(service, wanted.scope, token)
  return { token, tokenId: info.token_id, scope: wanted.scope, info, call }
}

/** @param said a part of the message, such as the permission */
export function assertDenied(answer: Answer, said: string, about = said): void {
  assert.equal(answer.status, 403, about)
  assert.equal(answer.body.code, 'PERMISSION_DENIED', about)
  assert.ok(answer.body.message.includes(said), `${about}: ${answer.body.message}`)
}
