import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Bearers } from '../auth/bearers.ts'
import type { Gates } from '../auth/gates.ts'
import type { Examinable } from '../doctor/check.ts'
import type { Told } from '../events/types.ts'
import type { Config } from '../process/config.ts'
import type { EventHandlers } from '../stripe/handler.ts'

/** What routes need to be made. */
export interface Means {
  config: Config
  gates: Gates
  /** The tokens that open the admin scope. */
  operators: Bearers
}

type Routes = (scope: FastifyInstance, means: Means) => Promise<unknown>

/**
 * A capability: one folder, and one line in `capabilities.ts`. Its plugin registers everything else
 * with the mechanisms: jobs, personal data, leaves of the audit log, metrics.
 */
export interface Capability extends Examinable {
  name: string
  /** Registered in the order of `capabilities.ts`. */
  plugin?: (app: FastifyInstance, config: Config) => Promise<unknown>
  /** Schemas with an `$id`. */
  schemas?: readonly TSchema[]
  /** Schemas made from what other capabilities have registered. */
  documents?: (app: FastifyInstance) => readonly TSchema[]
  /**
   * Routes by the scope whose guard protects them; all but `public`, `pages`, `operators` and
   * `internal` are under `/api`. Those of `customerOrAdmin` take an operator's token too, those of
   * `operators` nothing else. Those of `pages` are public and without a limit: the pages in
   * browsers call them.
   */
  routes?: {
    public?: Routes
    pages?: Routes
    customer?: Routes
    customerOrAdmin?: Routes
    admin?: Routes
    operators?: Routes
    internal?: Routes
  }
  /** The webhook events that it sends. */
  told?: Told
  /** Handlers of Stripe's events, by event type. */
  stripeEvents?: EventHandlers
}
