import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Line, Status } from '../../src/doctor/check.ts'
import { examine } from '../../src/doctor/examine.ts'
import type { Environment } from '../../src/process/environment.ts'
import { newFolder } from './licenses.ts'
import {
  ADMIN_TOKEN,
  API_KEY_PEPPER,
  INTERNAL_TOKEN,
  type Service,
  startService,
} from './service.ts'
import { CAPABILITIES } from '../../src/capabilities.ts'

const METRICS_TOKEN = 'metrics-token-of-the-tests-0123456789abcd'

export interface Scene {
  service: Service
  folder: string
  env: Environment
  look: (changes?: Environment) => Promise<Map<string, Line>>
}

/** A service as in production, with the doctor beside it. */
export async function scene(t: TestContext): Promise<Scene> {
  const folder = newFolder(t)
  const keyPath = join(folder, 'license-key.pem')
  copyFileSync(process.env['TEST_KEY_PATH'] ?? '', keyPath)
  const logKeyPath = join(folder, 'audit-log-key.pem')
  copyFileSync(process.env['TEST_LOG_KEY_PATH'] ?? '', logKeyPath)
  const service = await startService(t, { STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' })
  const env: Environment = {
    NODE_ENV: 'production',
    DATABASE_URL: service.database.url,
    DATABASE_SSL: 'disable',
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    METRICS_TOKEN,
    API_KEY_PEPPER,
    LICENSE_PRIVATE_KEY_PATH: keyPath,
    AUDIT_LOG_KEY_PATH: logKeyPath,
    TRUST_PROXY: '127.0.0.1',
    AUDIT_CHECKPOINT_DIR: folder,
    PUBLIC_URL: 'https://billing.example.com',
  }
  return {
    service,
    folder,
    env,
    look: async (changes = {}) => {
      const place = { folder, url: service.origin }
      const examined = await examine({ ...env, ...changes }, place, CAPABILITIES)
      return new Map(examined.flatMap(({ lines }) => lines.map((line) => [line.check, line])))
    },
  }
}

export function expect(
  lines: Map<string, Line>,
  check: string,
  status: Status,
  reason = /./,
): void {
  const line = lines.get(check)
  assert.equal(line?.status, status, `${check}: ${JSON.stringify(line)}`)
  assert.match(line?.reason ?? '', reason)
  if (status !== 'pass') assert.ok((line?.advice ?? '').length > 5, `${check} has no advice`)
}

/** An HTTP server for the test. @returns its origin */
export async function serve(
  t: TestContext,
  listener: Parameters<typeof createServer>[1],
): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
