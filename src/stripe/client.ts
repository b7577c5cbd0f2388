import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import CircuitBreaker from 'opossum'
import { Gauge } from 'prom-client'
import { Stripe } from 'stripe'
import { canonicalJson } from '../encoding/canonical-json.ts'
import type { Config } from '../process/config.ts'
import { Refusal } from '../refusals/index.ts'

export const API_VERSION = '2026-10-28.endive'

/** Two tries and the pause between them stay within a request's deadline. */
const TIMEOUT_MS = 2_000

/**
 * In a job no caller waits, so a slow answer is better than none. The queue tries jobs again anyway.
 */
const JOB_OPTIONS = { timeout: 10_000, maxNetworkRetries: 0 } satisfies Stripe.RequestOptions

const CIRCUIT = {
  // The SDK has its own time limit.
  timeout: false,
  errorThresholdPercentage: 50,
  rollingCountTimeout: 10_000,
  volumeThreshold: 5,
  resetTimeout: 5_000,
  // An answer, even a refusal, shows that Stripe works; 429 and 409 concern one call or caller. A
  // remembered fault says how Stripe was.
  errorFilter: (error: unknown) => !isStripeBroken(error) || isRemembered(error),
} as const

export interface StripeCalls {
  /** Whether the secret key is of live mode. Events of the other mode are ignored. */
  isLive: boolean
  /**
   * Calls Stripe for a request that waits.
   * @throws RememberedRefusal or another Refusal: `STRIPE_UNAVAILABLE` or `STRIPE_REFUSED`
   */
  call<T>(work: (client: Stripe) => Promise<T>): Promise<T>
  /** Calls Stripe for a job, which gets Stripe's own errors. */
  ask<T>(work: (client: Stripe, options: Stripe.RequestOptions) => Promise<T>): Promise<T>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** @throws Refusal `STRIPE_NOT_CONFIGURED` */
    stripe: () => StripeCalls
    hasStripe: boolean
  }
}

/**
 * An earlier call with the same idempotency key has failed. Stripe remembers that for a day, and
 * answers this one alike, whatever it would say to another key.
 */
export class RememberedRefusal extends Refusal {}

/** Stripe's SDK behind a circuit breaker: while Stripe is unavailable, calls are refused at once. */
export const stripe = fp(
  async (app: FastifyInstance, options: { config: Config['stripe'] }) => {
    const { config } = options
    app.decorate('hasStripe', config !== null)
    if (config === null) {
      app.decorate('stripe', () => {
        throw new Refusal('STRIPE_NOT_CONFIGURED')
      })
      return
    }
    const client = connect(config)
    const circuit = new CircuitBreaker(
      (work: (client: Stripe) => Promise<unknown>) => work(client),
      CIRCUIT,
    )
    const open: Gauge = new Gauge({
      name: 'strongroom_stripe_circuit_open',
      help: '1 while calls to Stripe are refused because it does not answer.',
      aggregator: 'max',
      registers: [app.metrics],
      collect: () => open.set(circuit.opened ? 1 : 0),
    })
    circuit.on('open', () => app.log.warn('Stripe does not answer: calls are refused at once'))
    circuit.on('close', () => app.log.info('Stripe answers again'))
    app.addHook('onClose', async () => circuit.shutdown())

    const fire = <T>(work: (client: Stripe) => Promise<T>) => circuit.fire(work) as Promise<T>
    const calls: StripeCalls = {
      isLive: /^(sk|rk)_live_/.test(config.secretKey),
      ask: (work) => fire((sdk) => work(sdk, JOB_OPTIONS)),
      call: async (work) => {
        try {
          return await fire(work)
        } catch (error) {
          const Kind = isRemembered(error) ? RememberedRefusal : Refusal
          if (isStripeAway(error)) throw new Kind('STRIPE_UNAVAILABLE')
          if (!(error instanceof Stripe.errors.StripeError)) throw error
          const { type, code, param } = error
          app.log.warn({ stripe: { type, code, param } }, 'Stripe refused a call')
          throw new Kind('STRIPE_REFUSED', { cause: error })
        }
      },
    }
    app.decorate('stripe', () => calls)
  },
  { name: 'stripe', dependencies: ['metrics'] },
)

/** Stripe's SDK with this service's settings, without the circuit breaker. */
export function connect(config: NonNullable<Config['stripe']>): Stripe {
  const base = config.apiBase === undefined ? null : new URL(config.apiBase)
  return new Stripe(config.secretKey, {
    apiVersion: API_VERSION,
    timeout: TIMEOUT_MS,
    maxNetworkRetries: 1,
    telemetry: false,
    appInfo: { name: 'Strongroom' },
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'https:' ? 443 : 80),
      protocol: base.protocol === 'https:' ? 'https' : 'http',
    }),
  })
}

/**
 * An idempotency key derived from the request: for the same request, Stripe repeats its answer for a
 * day. The source of the rule: https://docs.stripe.com/api/idempotent_requests
 */
export function requestKey(...asked: readonly unknown[]): string {
  return `strongroom-${hash('sha256', canonicalJson(asked), 'hex')}`
}

/** Whether an answer is that to an earlier call with the same idempotency key. */
export function isReplayed(headers: Readonly<Record<string, string>> = {}): boolean {
  return headers['idempotent-replayed'] === 'true'
}

/** Whether the same call with the same key would be answered so for a day. */
export function isRemembered(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && isReplayed(error.headers)
}

/**
 * Whether the same call may succeed later: Stripe is unreachable, broken or overloaded, the circuit
 * breaker is open, or another call with the same key is running.
 */
export function isStripeAway(error: unknown): boolean {
  if (isStripeBroken(error)) return true
  if (error instanceof Stripe.errors.StripeError) return [409, 429].includes(error.statusCode ?? 0)
  return error instanceof Error && 'code' in error && error.code === 'EOPENBREAKER'
}

/**
 * Whether Stripe refused the caller and not the call: because of the API key or its permissions.
 * Such an answer says nothing about an earlier, identical call whose answer was lost.
 */
export function isCallerRefused(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && [401, 403].includes(error.statusCode ?? 0)
}

/** Whether Stripe gave no answer, or reported a fault of its own. */
function isStripeBroken(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeError)) return false
  return error.statusCode === undefined || error.statusCode >= 500
}

/** Whether a call was refused because there is no such object as this parameter names. */
export function isParameterMissing(error: unknown, param: string): boolean {
  if (!(error instanceof Refusal)) return false
  const { cause } = error
  return (
    cause instanceof Stripe.errors.StripeInvalidRequestError &&
    cause.code === 'resource_missing' &&
    cause.param === param
  )
}

export function isMissingAtStripe(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404
}
