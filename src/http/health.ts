import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ref } from './schemas.ts'

const Check = Type.Union([Type.Literal('ok'), Type.Literal('unavailable')])

export const Health = Type.Object(
  {
    status: Type.Union([Type.Literal('ok'), Type.Literal('degraded')]),
    version: Type.String({ examples: ['1.4.0'] }),
    uptime_s: Type.Integer({ examples: [86400] }),
    checks: Type.Object({ database: Check, redis: Type.Optional(Check) }),
  },
  { $id: 'Health' },
)

const Probe = Type.Object({ status: Type.String({ examples: ['ok'] }) }, { $id: 'Probe' })

export const healthSchemas = [Health, Probe]

/** Public: `/health` for people and monitors, `/health/live` and `/health/ready` for orchestrators. */
export const healthRoutes: FastifyPluginAsyncTypebox<{ version: string }> = async (
  app,
  { version },
) => {
  const checkDatabase = async () => {
    const away = await app.connections.readiness.unavailable()
    return away.length === 0 ? ('ok' as const) : ('unavailable' as const)
  }

  app.get(
    '',
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Read the state of the service and its dependencies',
        response: { 200: ref(Health), 503: ref(Health) },
      },
    },
    async (_request, reply) => {
      const database = await checkDatabase()
      // Without Redis the service works on, and each process counts limits by itself.
      const redis = app.sharedRedis && (app.sharedRedis.isUp() ? 'ok' : 'unavailable')
      const status = database === 'ok' ? 'ok' : 'degraded'
      const uptime_s = Math.floor(process.uptime())
      return reply
        .code(status === 'ok' ? 200 : 503)
        .send({ status, version, uptime_s, checks: { database, ...(redis !== null && { redis }) } })
    },
  )

  app.get(
    '/live',
    {
      schema: {
        operationId: 'getLiveness',
        summary: 'Check whether the process answers',
        response: { 200: ref(Probe) },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'getReadiness',
        summary: 'Check whether the process is ready for requests',
        response: { 200: ref(Probe), 503: ref(Probe) },
      },
    },
    async (_request, reply) => {
      const ready = !app.draining.hasBegun() && (await checkDatabase()) === 'ok'
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable' })
    },
  )
}
