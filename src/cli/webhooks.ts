import { integerOf } from '../encoding/integers.ts'
import { openEventKeys } from '../keys/event-keys.ts'
import { listDeliveries, replay } from '../webhooks/deliveries.ts'
import { presentDelivery, presentEndpoint } from '../webhooks/present.ts'
import { findEndpoint, listEndpoints, testEndpoint } from '../webhooks/service.ts'
import { DELIVERY_STATUSES } from '../webhooks/tables.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command, textOfList } from './command.ts'
import { ownConfig, withDatabase } from './means.ts'

const PAGE = 200
const DELIVERIES = 100
const DELIVERY = /^dlv_[1-9]\d{0,17}_[1-9]\d{0,17}$/

export const webhooksList = command({
  name: 'webhooks list',
  summary: 'list the endpoints that events are sent to, at most 200',
  operands: [],
  options: {},
  json: true,
  run: async () => {
    const { publicKey } = await openEventKeys(ownConfig().eventKeys)
    const rows = await withDatabase((db) => listEndpoints(db, { limit: PAGE, before: null }))
    const endpoints = rows.slice(0, PAGE).map((row) => presentEndpoint(row, publicKey))
    const text = endpoints.map(({ endpoint_id, status, disabled_reason, url, events }) => {
      const state = disabled_reason === null ? status : `${status} (${disabled_reason})`
      return `${[endpoint_id, state, url, events.join(',')].join('  ')}\n`
    })
    return { text: textOfList(text, 'endpoints'), json: { data: endpoints } }
  },
})

export const webhooksDeliveries = command({
  name: 'webhooks deliveries',
  summary: 'list the newest deliveries to an endpoint, at most 100',
  operands: ['endpoint_id'],
  options: {
    status: {
      type: 'string',
      value: 'status',
      summary: `one of ${DELIVERY_STATUSES.join(', ')}`,
    },
  },
  json: true,
  run: async ({ operands: [endpointId], options }) => {
    const status = DELIVERY_STATUSES.find((one) => one === options.status)
    if (options.status !== undefined && status === undefined) {
      throw new WrongCall(`--status is one of ${DELIVERY_STATUSES.join(', ')}.`)
    }
    const rows = await withDatabase(async (db) => {
      const { seq } = await findEndpoint(db, endpointId)
      return listDeliveries(db, seq, status, { limit: DELIVERIES, before: null })
    })
    const deliveries = rows.slice(0, DELIVERIES).map(presentDelivery)
    const text = deliveries.map(({ delivery_id, type, status: state, attempts }) => {
      const last = attempts.at(-1)
      const outcome = last === undefined ? 'not tried' : (last.error ?? `answered ${last.status}`)
      return `${[delivery_id, type ?? '-', state, `${attempts.length}x`, outcome].join('  ')}\n`
    })
    return { text: textOfList(text, 'such deliveries'), json: { data: deliveries } }
  },
})

export const webhooksReplay = command({
  name: 'webhooks replay',
  summary: 'send a delivery again, or all deliveries from a number on',
  details: 'Deliveries keep their ids and numbers. A running service sends them.',
  operands: ['endpoint_id', 'delivery_id or seq'],
  options: AS,
  run: async ({ operands: [endpointId, which], options }) => {
    const actor = actorAs(options)
    const fromSeq = integerOf(which)
    if (!DELIVERY.test(which) && (fromSeq === undefined || fromSeq < 1)) {
      throw new WrongCall('The second argument must be a delivery id, dlv_…, or a number from 1.')
    }
    const what = fromSeq === undefined ? { deliveryId: which } : { fromSeq: BigInt(fromSeq) }
    await withDatabase((db) => replay(db, actor, endpointId, what))
    const named = fromSeq === undefined ? which : `all deliveries from ${which} on`
    return { text: `A running service sends ${named} again.\n` }
  },
})

export const webhooksTest = command({
  name: 'webhooks test',
  summary: 'send test.ping to an endpoint',
  operands: ['endpoint_id'],
  options: {},
  run: async ({ operands: [endpointId] }) => {
    await withDatabase((db) => testEndpoint(db, endpointId))
    return { text: `A running service will send test.ping to ${endpointId}.\n` }
  },
})
