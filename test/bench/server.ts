import { keyHolderOf, requireApiKey } from '../../src/auth/api-key.ts'
import { makeGates } from '../../src/auth/gates.ts'
import { environmentMatcher } from '../../src/auth/identity.ts'
import { requireInternalToken } from '../../src/auth/internal.ts'
import { allowAnyone } from '../../src/auth/public.ts'
import { buildApp } from '../../src/app.ts'
import { processEnvironment, readConfig } from '../../src/process/config.ts'
import { balanceSchema } from '../../src/funds/account-routes.ts'
import { movementSchema } from '../../src/funds/routes.ts'
import { createLogger } from '../../src/http/logging.ts'
import { requireStripeSignature } from '../../src/stripe/guard.ts'
import { reportSchema } from '../../src/usage/routes.ts'

/** The service as it is, and beside it routes that do nothing behind the same guard and schema. */
const config = readConfig(processEnvironment())
const app = await buildApp(config, createLogger(config.logLevel))
const gates = await makeGates(app, config.rateLimits)

await app.register(
  async (scope) => {
    const environment = environmentMatcher('internal', config.internalTokens)
    requireInternalToken(scope, { environment, stored: app.tokens.internal }, gates.internal)
    const at = new Date().toISOString()
    scope.post(
      '/deduct',
      { schema: movementSchema('deduct'), config: { permission: 'funds:deduct' } },
      async () => ({
        transfer_id: 'tr_1_1',
        user_id: 'user-1',
        asset: 'USD/2',
        amount: 1,
        balance: 1_000_000,
        available: 1_000_000,
        grants: [],
        created_at: at,
      }),
    )
    scope.get(
      '/balance/:user_id',
      { schema: balanceSchema, config: { permission: 'accounts:read' } },
      async () => ({
        user_id: 'user-1',
        asset: 'USD/2',
        balance: 1_000_000,
        held: 0,
        available: 1_000_000,
        tier: 'pro',
        status: 'active',
        granted: 0,
        next_expiry: null,
        updated_at: at,
      }),
    )
  },
  { prefix: '/empty' },
)
await app.register(
  async (scope) => {
    await scope.register(async (open) => {
      // With a limit, as behind a key: what is compared is the check of the key alone.
      allowAnyone(open, gates.public)
      open.get('/open', async () => ({ status: 'ok' }))
    })
    await scope.register(async (open) => {
      allowAnyone(open, null)
      const tile = Buffer.alloc(8_192, 1)
      const bytes = 'application/octet-stream'
      open.get('/tile/*', async (_request, reply) => reply.type(bytes).send(tile))
      const note = 'x'.repeat(300)
      const text = 'text/plain; charset=utf-8'
      open.get('/checkpoint', async (_request, reply) => reply.type(text).send(note))
    })
    await scope.register(async (guarded) => {
      requireApiKey(guarded, app.apiKeys, gates.customer)
      guarded.get('/guarded', { config: { permission: null } }, async () => ({ status: 'ok' }))
    })
  },
  { prefix: '/empty' },
)
await app.register(
  async (scope) => {
    requireApiKey(scope, app.apiKeys, gates.customer)
    const receivedAt = new Date().toISOString()
    scope.post(
      '/usage/report',
      { schema: reportSchema, config: { permission: 'usage:write' } },
      async (request, reply) =>
        reply.code(201).send({
          report_id: 'report-1',
          customer_id: keyHolderOf(request).customerId,
          received_at: receivedAt,
          limits: [{ metric: 'api.calls', used: 1, limit: 1_000_000, exceeded: false }],
          remaining: { values: 199_999, metric_names: 999 },
        }),
    )
  },
  { prefix: '/empty' },
)
await app.register(
  async (scope) => {
    requireStripeSignature(scope, config.stripe?.webhookSecrets ?? null, gates.stripe)
    scope.post('/stripe', async () => ({ received: true }))
  },
  { prefix: '/empty/webhooks' },
)
// Events are delivered beside the calls, as in a server that runs its jobs.
const ends = await Promise.all(app.jobs.services.map((start) => start()))
await app.listen({ host: '127.0.0.1', port: config.port })
process.stdout.write(`${app.listeningOrigin}\n`)
process.on('SIGTERM', () => {
  void Promise.all(ends.map((end) => end())).then(() => app.close())
})
