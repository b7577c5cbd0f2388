import createClient, { type Client } from 'openapi-fetch'
import { holds } from './answers.ts'
import { type BatchingOptions, batched } from './batching.ts'
import { type Calls, type Operation, callsOf } from './call.ts'
import {
  type AdminCalls,
  type CustomerCalls,
  type InternalCalls,
  type PublicCalls,
  adminOperations,
  customerOperations,
  internalOperations,
  publicOperations,
} from './generated/operations.ts'
import type { components, paths } from './generated/schema.ts'
import { type TransportOptions, transport } from './transport.ts'

export type { BatchingOptions } from './batching.ts'
export type { Answer, Call, CallOptions, Input } from './call.ts'
export {
  type BatchResult,
  type BudgetDetail,
  type ClientErrorCode,
  type ErrorCode,
  type ErrorDetail,
  type SentBatch,
  type ServiceErrorCode,
  StrongroomError,
} from './errors.ts'
export { paginate } from './paginate.ts'
export type { TransportOptions } from './transport.ts'
export {
  type VerifiedWebhook,
  type VerifyOptions,
  type WebhookEvent,
  type WebhookEventOf,
  type WebhookFault,
  type WebhookHeaders,
  type WebhookKeys,
  WebhookVerificationError,
  verifyWebhook,
} from './webhooks.ts'

/** The named types of the document: `Schemas['Account']`. */
export type Schemas = components['schemas']

export interface ClientOptions extends TransportOptions {
  /** The address of the service: `https://billing.example.com`. */
  url: string
}

interface WithHttp {
  /**
   * The underlying openapi-fetch client, for what the calls leave out, such as headers of answers.
   */
  readonly http: Client<paths>
}

export type PublicClient = PublicCalls & WithHttp
export type CustomerClient = CustomerCalls & WithHttp
export type AdminClient = AdminCalls & WithHttp
export type InternalClient = InternalCalls & WithHttp

/** For anyone: health, public keys, revoked licences. */
export function publicClient(options: ClientOptions): PublicClient {
  return connect(options, {}, publicOperations)
}

/** For a customer's own instance. */
export function customerClient(options: ClientOptions & { apiKey: string }): CustomerClient {
  const headers = { 'X-API-Key': present(options.apiKey, 'apiKey') }
  return connect(options, headers, customerOperations)
}

/** For operators and scripts; the token is the service's `ADMIN_API_TOKEN`. */
export function adminClient(options: ClientOptions & { token: string }): AdminClient {
  const headers = { Authorization: `Bearer ${present(options.token, 'token')}` }
  return connect(options, headers, adminOperations)
}

/** For your other services; the token is the service's `INTERNAL_SERVICE_TOKEN`. */
export function internalClient(
  options: ClientOptions & {
    token: string
    /** Calls that move or hold money are then collected and sent together. */
    batching?: BatchingOptions
  },
): InternalClient {
  const headers = { 'X-INTERNAL-TOKEN': present(options.token, 'token') }
  const client = connect(options, headers, internalOperations)
  const { batching } = options
  return batching === undefined
    ? client
    : { ...batched(client, batching, options), http: client.http }
}

function connect<Operations extends Record<string, Operation>>(
  options: ClientOptions,
  headers: Record<string, string>,
  operations: Operations,
): Calls<Operations> & WithHttp {
  const parsed = new WeakSet<Request>()
  const http = createClient<paths>({
    baseUrl: options.url,
    headers,
    fetch: transport(options, {
      isRepeatable,
      isOwn: (answer, request) =>
        !parsed.has(request) || holds(answer, 'json') || holds(answer, 'none'),
    }),
  })
  // Only a middleware learns which answers openapi-fetch will parse.
  http.use({
    onRequest: ({ request, options: { parseAs } }) => {
      if (parseAs === 'json') parsed.add(request)
    },
  })
  return { ...callsOf(http, operations, options), http }
}

/** Judges by HTTP alone: repeatable by its method, or with an idempotency key. */
function isRepeatable({ method, headers }: Request): boolean {
  return (method !== 'POST' && method !== 'PATCH') || headers.has('idempotency-key')
}

/** An unset variable would otherwise be sent as the credential `undefined`. */
function present(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new TypeError(`${name} is missing`)
  return value
}
