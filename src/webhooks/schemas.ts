import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { Timestamp, line, nullable, ref, strictObject } from '../http/schemas.ts'
import { URL_MAX } from './addresses.ts'
import { DELIVERY_STATUSES, DISABLED_REASONS } from './tables.ts'
import { spelled } from '../http/patterns.ts'

export const EVENTS_MAX = 64
const OVERLAP_S_MAX = 2_592_000

export const EndpointId = Type.String({
  pattern: spelled('^we_[0-9A-Za-z]{16}$', 'the id of an endpoint: we_ and 16 letters or digits'),
  examples: ['we_8sKq2VbXw0RtYz1A'],
})

export const DeliveryId = Type.String({
  pattern: spelled('^dlv_[1-9]\\d{0,17}_[1-9]\\d{0,17}$', 'the id of a delivery, such as dlv_1_42'),
  examples: ['dlv_1_42'],
})

const Listed = Type.Array(Type.String({ maxLength: 64, examples: ['funds.*'] }), {
  minItems: 1,
  maxItems: EVENTS_MAX,
  uniqueItems: true,
  description:
    'Types such as `customer.created`, families such as `funds.*`, or `*`. `*` stands for all types ' +
    'except charges and holds, which an endpoint gets only if it lists their type or family.',
  examples: [['customer.*', 'funds.low_balance']],
})

const Target = Type.String({
  minLength: 1,
  maxLength: URL_MAX,
  description: 'An `https:` URL without credentials, and not with a private address.',
  examples: ['https://app.example.com/events'],
})

const Description = line(200, { examples: ['accounting'] })

const EndpointStatus = Type.Union([Type.Literal('active'), Type.Literal('disabled')], {
  title: 'WebhookEndpointStatus',
})

export const WebhookEndpoint = Type.Object(
  {
    endpoint_id: EndpointId,
    url: Type.String({ examples: ['https://app.example.com/events'] }),
    events: Type.Array(Type.String({ examples: ['funds.*'] })),
    description: nullable(Type.String({ examples: ['accounting'] })),
    status: EndpointStatus,
    disabled_reason: nullable(
      Type.Unsafe<(typeof DISABLED_REASONS)[number]>({
        title: 'WebhookEndpointDisabledReason',
        type: 'string',
        enum: DISABLED_REASONS,
        description:
          '`gone`: the endpoint answered 410. `failing`: no attempt has succeeded for 5 days.',
      }),
    ),
    public_key: nullable(
      Type.String({
        description: 'Verifies the `v1a` signatures; also in `/.well-known/events-jwks.json`.',
        examples: ['whpk_b2r1XMRTMeVIUd9bKN3rhdx4CBi9Yw7Ws2W0u0hpVaE='],
      }),
    ),
    failing_since: nullable(Timestamp),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: 'WebhookEndpoint' },
)

const Secret = Type.String({
  description: 'Verifies the `v1` signatures. It is shown only in this answer.',
  examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDXrfO5wN9cC0='],
})

export const CreatedWebhookEndpoint = Type.Object(
  { endpoint: ref(WebhookEndpoint), secret: Secret },
  { $id: 'CreatedWebhookEndpoint' },
)

export const RotatedWebhookSecret = Type.Object({ secret: Secret }, { $id: 'RotatedWebhookSecret' })

export const WebhookEndpointPage = pageOf(ref(WebhookEndpoint), 'WebhookEndpointPage')

const DeliveryStatus = Type.Unsafe<(typeof DELIVERY_STATUSES)[number]>({
  title: 'WebhookDeliveryStatus',
  type: 'string',
  enum: DELIVERY_STATUSES,
  description:
    '`parked`: given up after 3 days, or not sent because it came while the endpoint was disabled. ' +
    '`failed`: given up because the endpoint was disabled.',
  examples: ['delivered'],
})

export const WebhookDelivery = Type.Object(
  {
    delivery_id: DeliveryId,
    seq: Type.Integer({
      description: 'Counts the events of each endpoint from 1, without gaps.',
      examples: [42],
    }),
    event_id: nullable(
      Type.String({
        description: 'The `webhook-id`; null once the event is no longer kept.',
        examples: ['evt_4fGh7KqL9mNp2RsT8uVw'],
      }),
    ),
    type: nullable(Type.String({ examples: ['customer.created'] })),
    status: DeliveryStatus,
    attempts: Type.Array(
      Type.Object(
        {
          at: Timestamp,
          status: nullable(
            Type.Integer({
              description: 'The HTTP status of the answer; null if there was none.',
              examples: [200],
            }),
          ),
          duration_ms: Type.Integer({ examples: [85] }),
          error: nullable(
            Type.String({
              description: 'Why the attempt failed, in a word.',
              examples: ['timeout'],
            }),
          ),
        },
        { title: 'WebhookAttempt' },
      ),
      { description: 'The newest 32 attempts, oldest first.' },
    ),
    next_attempt_at: nullable(Timestamp),
    created_at: Timestamp,
  },
  { $id: 'WebhookDelivery' },
)

export const WebhookDeliveryPage = pageOf(ref(WebhookDelivery), 'WebhookDeliveryPage')

export const PulledEvent = Type.Object(
  {
    event_id: Type.String({ examples: ['evt_4fGh7KqL9mNp2RsT8uVw'] }),
    seq: Type.Integer({ examples: [1042] }),
    type: Type.String({ examples: ['customer.created'] }),
    timestamp: Timestamp,
    data: Type.Unsafe<Record<string, unknown>>({
      title: 'PulledEventData',
      type: 'object',
      additionalProperties: true,
      description: 'The `data` of the event’s type, as described in `webhooks` of this document.',
      examples: [{ customer_id: 'cust_4fGh7KqL9mNp2RsT' }],
    }),
  },
  { $id: 'PulledEvent' },
)

export const EventPage = pageOf(ref(PulledEvent), 'EventPage')

export const EventsJsonWebKeySet = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          kty: Type.Literal('OKP'),
          crv: Type.Literal('Ed25519'),
          x: Type.String({ examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }),
          kid: Type.String({
            description: 'The RFC 7638 thumbprint of the key.',
            examples: ['NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
          }),
          use: Type.Literal('sig'),
          alg: Type.Literal('EdDSA'),
        },
        { title: 'EventsJsonWebKey' },
      ),
    ),
  },
  { $id: 'EventsJsonWebKeySet' },
)

export const webhookSchemas = [
  WebhookEndpoint,
  CreatedWebhookEndpoint,
  RotatedWebhookSecret,
  WebhookEndpointPage,
  WebhookDelivery,
  WebhookDeliveryPage,
  PulledEvent,
  EventPage,
  EventsJsonWebKeySet,
]

export const EndpointParams = Type.Object({ endpoint_id: EndpointId })

export const CreateEndpointBody = strictObject(
  { url: Target, events: Listed, description: Type.Optional(nullable(Description)) },
  { examples: [{ url: 'https://app.example.com/events', events: ['*'] }] },
)

export const ChangeEndpointBody = strictObject(
  {
    url: Type.Optional(Target),
    events: Type.Optional(Listed),
    description: Type.Optional(nullable(Description)),
    status: Type.Optional(EndpointStatus),
  },
  { minProperties: 1, examples: [{ status: 'disabled' }] },
)

export const RotateSecretBody = strictObject(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: OVERLAP_S_MAX,
        description:
          'How long the old secret still signs too. With 0, the default, it ends at once.',
        examples: [3600],
      }),
    ),
  },
  { examples: [{ overlap_seconds: 3600 }] },
)

const Seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [42] })

export const ReplayBody = strictObject(
  {
    from_seq: Type.Optional({ ...Seq, description: 'All deliveries from this number on.' }),
    delivery_id: Type.Optional(DeliveryId),
  },
  { minProperties: 1, maxProperties: 1, examples: [{ from_seq: 42 }] },
)

export const ListDeliveriesQuery = strictObject({
  status: Type.Optional(DeliveryStatus),
  ...PageQuery,
})

export const ListEventsQuery = strictObject({
  type: Type.Optional(line(64, { examples: ['customer.created'] })),
  subject: Type.Optional(
    line(255, {
      description: 'The id of a customer, or of a user’s account.',
      examples: ['cust_4fGh7KqL9mNp2RsT'],
    }),
  ),
  from_seq: Type.Optional({ ...Seq, description: 'Inclusive.' }),
  endpoint_id: Type.Optional({
    ...EndpointId,
    description: 'List only the events of this endpoint, with its own numbers.',
  }),
  ...PageQuery,
})
