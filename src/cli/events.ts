import { describeEvent, listEvents, replayEvent } from '../stripe/operate.ts'
import { SHOWN_STATUSES } from '../stripe/event-status.ts'
import { AS, actorAs } from './actor.ts'
import { WrongCall, command, textOfList } from './command.ts'
import { snakeFields } from './json.ts'
import { withDatabase } from './means.ts'

export const eventsList = command({
  name: 'events list',
  summary: "list the newest of Stripe's events, at most 100",
  operands: [],
  options: {
    status: {
      type: 'string',
      value: 'status',
      summary: `one of ${SHOWN_STATUSES.join(', ')}`,
    },
  },
  json: true,
  run: async ({ options }) => {
    const status = SHOWN_STATUSES.find((one) => one === options.status)
    if (options.status !== undefined && status === undefined) {
      throw new WrongCall(`--status is one of ${SHOWN_STATUSES.join(', ')}.`)
    }
    const events = await withDatabase((db) => listEvents(db, status && { status }))
    return {
      text: textOfList(events.map(describeEvent), 'such events'),
      json: {
        data: events.map(snakeFields),
      },
    }
  },
})

export const eventsReplay = command({
  name: 'events replay',
  summary: 'apply an event again; nothing is done twice',
  operands: ['event_id'],
  options: AS,
  run: async ({ operands: [id], options }) => {
    const actor = actorAs(options)
    await withDatabase((db) => replayEvent(db, actor, id))
    return { text: `Replaying ${id}.\n` }
  },
})
