import Fastify from 'fastify'

/**
 * What Fastify alone can do: the same answers with the same schemas, a check of one header, and no plugin.
 * In a process of its own, so that nothing of the service's is in it.
 */
const token = process.env['INTERNAL_SERVICE_TOKEN'] ?? ''
const at = new Date().toISOString()
const text = { type: 'string' } as const
const integer = { type: 'integer' } as const

const app = Fastify()

app.get(
  '/health/live',
  { schema: { response: { 200: { type: 'object', properties: { status: text } } } } },
  async () => ({ status: 'ok' }),
)

await app.register(async (scope) => {
  scope.addHook('onRequest', async (request, reply) => {
    const presented = request.headers['x-internal-token'] ?? request.headers['x-api-key']
    if (presented === token || presented?.includes('_') === true) return
    await reply.code(403).send()
  })
  scope.get(
    '/balance/:user_id',
    {
      schema: {
        params: { type: 'object', properties: { user_id: text } },
        response: {
          200: {
            type: 'object',
            properties: {
              user_id: text,
              asset: text,
              balance: integer,
              held: integer,
              available: integer,
              tier: text,
              status: text,
              updated_at: text,
            },
          },
        },
      },
    },
    async () => ({
      user_id: 'user-1',
      asset: 'USD/2',
      balance: 1_000_000,
      held: 0,
      available: 1_000_000,
      tier: 'pro',
      status: 'active',
      updated_at: at,
    }),
  )
  scope.post(
    '/api/usage/report',
    {
      schema: {
        body: {
          type: 'object',
          required: ['metrics'],
          properties: {
            metrics: { type: 'object', additionalProperties: { type: 'number' } },
            report_id: text,
          },
        },
        response: {
          201: { type: 'object', properties: { report_id: text, received_at: text } },
        },
      },
    },
    async (_request, reply) => reply.code(201).send({ report_id: 'report-1', received_at: at }),
  )
})

app.post('/api/webhooks/stripe', async () => ({ received: true }))

await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${app.listeningOrigin}\n`)
process.on('SIGTERM', () => void app.close())
