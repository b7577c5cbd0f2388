import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/process/config.ts'
import { startJobs } from '../../src/jobs/runner.ts'
import { createLogger } from '../../src/http/logging.ts'
import { type TestDatabase, createDatabase } from './database.ts'

export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789abcdef'
export const INTERNAL_TOKEN = 'internal-token-of-the-tests-0123456789ab'
export const API_KEY_PEPPER = 'pepper-of-the-tests-0123456789abcdefghijk'
export const WEBHOOK_SECRET = 'whsec_of_the_tests_0123456789abcdefghijk'

const WIDE = '100000000/1h'
export const WIDE_LIMITS = {
  RATE_LIMIT_API: WIDE,
  RATE_LIMIT_USAGE: WIDE,
  RATE_LIMIT_WEBHOOKS: WIDE,
  RATE_LIMIT_ADMIN: WIDE,
  RATE_LIMIT_TOKENS: WIDE,
  USAGE_VALUES_MAX: '1000000000',
}

export interface Answer {
  status: number
  headers: Headers
  // Tests read answers of every shape, and check that shape themselves.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

export interface CallOptions {
  headers?: Record<string, string>
  body?: unknown
  /** Closes the connection, whatever is under way. */
  signal?: AbortSignal
}

export interface Service {
  app: FastifyInstance
  origin: string
  database: TestDatabase
  /** Any call; a body that is not a string is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  asAdmin(method: string, path: string, body?: unknown): Promise<Answer>
  asInternal(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

/**
 * The service on a real port, with a separate database; both end with the test.
 * @param env overrides of the environment; the value undefined removes a variable
 */
export async function startService(
  t: Pick<TestContext, 'after'>,
  env: Record<string, string | undefined> = {},
  database?: TestDatabase,
  logger: FastifyBaseLogger = createLogger('silent'),
): Promise<Service> {
  const own = database ?? (await createDatabase())
  const config = readConfig({
    NODE_ENV: 'test',
    DATABASE_URL: own.url,
    PORT: '0',
    ADMIN_API_TOKEN: ADMIN_TOKEN,
    INTERNAL_SERVICE_TOKEN: INTERNAL_TOKEN,
    API_KEY_PEPPER,
    STRIPE_SECRET_KEY: 'sk_test_of_the_tests_0123456789abcdef',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    // No server listens on this port, so no test calls Stripe itself.
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    EVENTS_KEY_PATH: process.env['TEST_EVENTS_KEY_PATH'],
    RUN_JOBS: 'false',
    // Limits that count, but are too wide for any test to reach.
    ...WIDE_LIMITS,
    ...env,
  })
  const app = await buildApp(config, logger)
  try {
    await app.listen({ host: '127.0.0.1', port: 0 })
  } catch (error) {
    await app.close()
    if (database === undefined) await own.drop()
    throw error
  }
  const jobs = config.runJobs ? await startJobs(app, config.database) : undefined
  t.after(async () => {
    await jobs?.stop()
    await app.close()
    if (database === undefined) await own.drop()
  })
  const { port } = app.server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, headers, signal } = options
    const response = await fetch(origin + path, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      // The answer to HEAD has a content type but no content.
      body: isJson && text !== '' ? JSON.parse(text) : text,
    }
  }

  return {
    app,
    origin,
    database: own,
    call,
    asAdmin: (method, path, body) =>
      call(method, path, { body, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }),
    asInternal: (method, path, body, headers) =>
      call(method, path, { body, headers: { 'x-internal-token': INTERNAL_TOKEN, ...headers } }),
  }
}
