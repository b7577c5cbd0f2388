import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type EventKeys, type EventKeysConfig, openEventKeys } from '../keys/event-keys.ts'
import type { AddressRule } from './addresses.ts'
import { startDeliverer } from './deliverer.ts'
import { forgetOldDeliveries } from './forget.ts'
import { deliveryMetrics } from './metrics.ts'
import { sealAgain } from './secrets.ts'
import { sender } from './send.ts'
import { disableEndpoint } from './service.ts'

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: {
      keys: EventKeys
      rule: AddressRule
    }
  }
}

export interface WebhookOptions {
  keys: EventKeysConfig
  rule: AddressRule
}

const CLOSE_TIMEOUT_S = 5

/** Webhook endpoints. The processes that run background jobs deliver to them. */
export const webhooks = fp(
  async (app: FastifyInstance, options: WebhookOptions) => {
    const connection = app.connections.open('webhooks')
    const keys = await openEventKeys(options.keys)
    const { rule } = options
    const metrics = deliveryMetrics(app.metrics, app.db)
    app.decorate('webhooks', { keys, rule })
    app.events.addWishes(async (tx) => {
      const rows = await tx<{ name: string }[]>`
        select distinct name from webhook_endpoints, unnest(events) as name
        where name <> '*'`
      const names = rows.map(({ name }) => name)
      return [...app.events.types.keys()].filter((type) =>
        names.some((name) => name === type || name === `${type.split('.')[0]}.*`),
      )
    })
    app.jobs.add({
      name: 'forget_old_deliveries',
      cron: '29 * * * *',
      isSingle: true,
      run: () => forgetOldDeliveries(app.db),
    })
    const seal = async () => {
      const endpoints = await sealAgain(app.db, keys)
      if (endpoints.length === 0) return
      const notice = 'Events wait because no key opens the secrets of their endpoints'
      app.log.warn({ endpoints }, notice)
    }
    // A process that has not restarted since the key was replaced still encrypts under the old one.
    app.jobs.add({ name: 'seal_webhook_secrets', cron: '*/5 * * * *', isSingle: true, run: seal })
    app.jobs.addService(async () => {
      await seal()
      const deliverer = startDeliverer({
        sql: connection,
        keys,
        types: app.events.types,
        sender: sender(rule),
        metrics,
        disable: async (endpoint, reason) => {
          const isNew = await app.db.transaction((tx) => disableEndpoint(tx, endpoint, reason))
          if (isNew)
            app.log.warn({ endpoint: endpoint.id, reason }, 'A webhook endpoint was disabled')
        },
        onFault: (error) => app.log.warn({ err: error }, 'The delivery of events has failed'),
      })
      return deliverer.stop
    })
    app.addHook('onClose', () => connection.end({ timeout: CLOSE_TIMEOUT_S }))
  },
  { name: 'webhooks', dependencies: ['events', 'jobs', 'metrics'] },
)
