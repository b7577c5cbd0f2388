import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { Timestamp } from '../http/schemas.ts'
import type { EventType } from './types.ts'

/** Where the record of an event is in the audit log. */
const EventAudit = Type.Object(
  {
    index: Type.Integer({
      description: 'The number of the event’s record in the log. A proof takes it as `index`.',
    }),
    checkpoint_size: Type.Integer({
      description: 'A size of the log that includes the record. A proof takes it as `size`.',
    }),
  },
  { $id: 'EventAudit' },
)

const HEADERS = [
  [
    'webhook-id',
    'The id of the event. Repetitions have the same id; ignore them.',
    'evt_4fGh7KqL9mNp2RsT8uVw',
  ],
  ['webhook-timestamp', 'The time of this attempt, in Unix seconds.', '1795512600'],
  [
    'webhook-signature',
    'Signatures over `id.timestamp.body`, separated by spaces: `v1,` (HMAC-SHA256 under the ' +
      "endpoint's secret) and `v1a,` (Ed25519), in base64.",
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ],
] as const

/** The schemas of all events, named after their types, such as `CustomerCreatedEvent`. */
export function eventSchemas(types: ReadonlyMap<string, EventType>): TSchema[] {
  const bodies = [...types].map(([name, { summary, data }]) =>
    Type.Object(
      {
        type: Type.Literal(name),
        timestamp: Timestamp,
        seq: Type.Integer({
          description: 'Counts the events of each endpoint from 1, without gaps.',
          examples: [42],
        }),
        data: withAudit(data, `${pascal(name)}Data`),
      },
      { $id: `${pascal(name)}Event`, description: summary },
    ),
  )
  return [EventAudit, ...bodies]
}

function withAudit({ properties }: TObject, title: string): TObject {
  const audit = Type.Optional(Type.Unsafe(Type.Ref('EventAudit')))
  return Type.Object({ ...properties, audit }, { title })
}

/** The field `webhooks` of the OpenAPI 3.1 document: the requests that endpoints receive. */
export function webhooksOf(types: ReadonlyMap<string, EventType>): Record<string, object> {
  return Object.fromEntries(
    [...types].map(([name, { summary, example, isOptIn }]) => {
      const body = { type: name, timestamp: '2026-11-24T09:30:00.000Z', seq: 42, data: example }
      const post = {
        operationId: `on${pascal(name)}`,
        tags: ['Events'],
        summary: summary.replace(/\.$/, ''),
        ...(isOptIn && {
          description:
            'Sent only to endpoints that list this type or `funds.*`, because there may be very many.',
        }),
        security: [],
        parameters: HEADERS.map(([header, description, value]) => {
          return {
            name: header,
            in: 'header',
            required: true,
            description,
            schema: { type: 'string', examples: [value] },
          }
        }),
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { $ref: `#/components/schemas/${pascal(name)}Event` },
              example: body,
            },
          },
        },
        responses: {
          '2XX': {
            description:
              'The receiver has the event. After any other answer, or none within 10 s, it is sent again.',
          },
          410: { description: 'The endpoint is gone, so it is disabled.' },
        },
      }
      return [name, { post }]
    }),
  )
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|[^a-z])([a-z])/g, (_, first: string) => first.toUpperCase())
}
