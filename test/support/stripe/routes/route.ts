import type { Params } from '../params.ts'
import type { World } from '../world.ts'

export interface Call {
  world: World
  /** The value of `:id` in the path; empty in a path without it. */
  id: string
  params: Params
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** For example `/v1/customers/:id`. */
  path: string
  /** Performs the call at once and returns the object to answer with, or throws an `ApiError`. */
  answer(call: Call): object
}
