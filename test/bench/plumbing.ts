import Fastify from 'fastify'
import { createLogger } from '../../src/http/logging.ts'
import { passage, serverOptions } from '../../src/http/passage.ts'

/**
 * A route that does nothing behind the first steps that every request passes; as many as the first
 * argument says. With none it is Fastify, made as the service makes it.
 */
const steps = Number(process.argv[2])
const app = Fastify(serverOptions(createLogger('warn')))
app.decorateRequest('actor', null)
for (const { add } of passage({ trustProxy: [] }).slice(0, steps)) await add(app)
app.get(
  '/health/live',
  { schema: { response: { 200: { type: 'object', properties: { status: { type: 'string' } } } } } },
  async () => ({ status: 'ok' }),
)
await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${app.listeningOrigin}\n`)
process.on('SIGTERM', () => void app.close())
