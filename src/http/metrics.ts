import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { primary } from '../cluster/primary.ts'
import { QUESTIONS } from '../cluster/questions.ts'
import { droppedLines } from './log-destination.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Every plugin registers its metrics here. Each app has its own registry, so tests share nothing.
     */
    metrics: Registry
  }
}

/** Longer than a call may take: by then the caller has received its 503. */
const SCRAPE_MS_MAX = 10_000

/** Counts requests by route, never by URL: a path may contain anything. */
export const metrics = fp(
  async (app: FastifyInstance, { version }: { version: string }) => {
    const registry = new Registry()
    app.decorate('metrics', registry)
    primary()?.answer(QUESTIONS.metrics, () => registry.getMetricsAsJSON())
    collectDefaultMetrics({ register: registry })
    new Gauge({
      name: 'strongroom_build_info',
      help: '1, with what runs in its labels.',
      labelNames: ['version', 'node'],
      aggregator: 'first',
      registers: [registry],
    }).set({ version, node: process.version }, 1)
    const dropped: Counter = new Counter({
      name: 'strongroom_log_lines_dropped_total',
      help: 'Log lines that were dropped because the standard output took none.',
      registers: [registry],
      collect: () => {
        dropped.reset()
        dropped.inc(droppedLines())
      },
    })
    const inFlight: Gauge = new Gauge({
      name: 'strongroom_http_requests_in_flight',
      help: 'Requests that have come and are not answered yet.',
      registers: [registry],
      collect: () => inFlight.set(app.requestsInFlight()),
    })
    const duration = new Histogram({
      name: 'strongroom_http_request_duration_seconds',
      help: 'Time from the request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    })
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'unmatched'
      duration.observe(
        { method: request.method, route, status: reply.statusCode },
        reply.elapsedTime / 1_000,
      )
      done()
    })
    app.addHook('onClose', async () => registry.clear())
  },
  { name: 'metrics', dependencies: ['connections'] },
)

/**
 * Admin: `/metrics`, in the Prometheus text format. It covers all processes if there are several.
 */
export const metricsRoutes: FastifyPluginAsync = async (app) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Metrics for Prometheus',
        description: 'Takes the admin token or METRICS_TOKEN.',
        produces: ['text/plain'],
        response: {
          200: {
            description: 'The Prometheus text format.',
            content: {
              'text/plain': {
                schema: { type: 'string', examples: ['strongroom_funds_low_balance_total 0\n'] },
              },
            },
          },
        },
      },
      config: { permission: 'metrics:read' },
    },
    async (_request, reply) => {
      const text = await (primary()?.ask<string>(QUESTIONS.scrape, null, SCRAPE_MS_MAX) ??
        app.metrics.metrics())
      return reply.type(app.metrics.contentType).serializer(String).send(text)
    },
  )
}
