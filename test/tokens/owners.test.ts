import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from '../../src/process/config.ts'
import { lookAtAdminTokens } from '../../src/auth/in-use.ts'
import { expect, scene } from '../support/doctor.ts'
import { issue } from '../support/tokens.ts'

test('in production ADMIN_API_TOKEN may be unset once an owner has a token for good', async (t) => {
  const { service, env, look } = await scene(t)
  const without = { ADMIN_API_TOKEN: undefined }
  const config = readConfig({ ...env, ...without })
  const isRefused = async (about: string) => {
    const isMissing = (error: unknown) =>
      error instanceof ConfigError &&
      error.faults[0]?.startsWith('ADMIN_API_TOKEN is missing') === true
    await assert.rejects(lookAtAdminTokens(service.app, config), isMissing, about)
    expect(await look(without), 'ADMIN_API_TOKEN', 'failure')
  }
  await isRefused('no token')
  expect(await look(), 'operators', 'warning')

  const owner = { scope: 'admin', role: 'owner' } as const
  await issue(service, { ...owner, expires_at: '2099-01-01T00:00:00Z' })
  await issue(service, { ...owner, allowed_ips: ['127.0.0.1'] })
  await issue(service, { scope: 'admin', role: 'operator' })
  await isRefused('none for good')
  expect(await look(), 'operators', 'pass')
  expect(await look(), 'ADMIN_API_TOKEN', 'pass')

  const { tokenId } = await issue(service, owner)
  await lookAtAdminTokens(service.app, config)
  expect(await look(without), 'ADMIN_API_TOKEN', 'pass')
  await service.asAdmin('DELETE', `/api/tokens/${tokenId}`)
  await isRefused('revoked')
})
