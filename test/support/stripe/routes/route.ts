import type { Params } from '../params.ts'
import type { World } from '../world.ts'

export interface Call {
  world: World
  /** What `:id` in the path stands for; empty in a path without one. */
  id: string
  params: Params
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE'
  /** Such as `/v1/customers/:id`. */
  path: string
  /** Does the call at once and returns the object to answer with, or throws an `ApiError`. */
  answer(call: Call): object
}
