import { invalidRequest, noSuchObject } from './errors.ts'
import type { Params } from './params.ts'
import { type World, asShown } from './world.ts'

interface Listed {
  id: string
  created: number
}

/**
 * A page of a list, newest first: `limit` (1 to 100, 10 by default), `starting_after`,
 * `ending_before` and `created`, as in every list of the API. The caller must read its own filters
 * before, because unread parameters are refused.
 * @param rows all that match, oldest first
 */
export function listAnswer<T extends Listed>(
  world: World,
  params: Params,
  { url, kind, rows }: { url: string; kind: string; rows: Iterable<T> },
): object {
  const limit = params.integer('limit') ?? 10
  if (limit < 1 || limit > 100) {
    throw invalidRequest('The limit must be from 1 to 100.', 'parameter_invalid_integer', 'limit')
  }
  const after = params.text('starting_after')
  const before = params.text('ending_before')
  if (after !== undefined && before !== undefined) {
    throw invalidRequest('Give either starting_after or ending_before, not both.')
  }
  const isCreatedThen = createdFilter(params)
  params.finish()

  const all = [...rows].filter((row) => isCreatedThen(row.created)).toReversed()
  const positionOf = (id: string, param: string) => {
    const position = all.findIndex((row) => row.id === id)
    if (position === -1) throw noSuchObject(kind, id, param)
    return position
  }
  const end = before === undefined ? undefined : positionOf(before, 'ending_before')
  const start = after === undefined ? 0 : positionOf(after, 'starting_after') + 1
  // Backwards, the page is what comes right before the given object.
  const from = end === undefined ? start : Math.max(0, end - limit)
  const page = all.slice(from, end ?? from + limit)
  return {
    object: 'list',
    data: page.map((row) => shown(world, row)),
    has_more: end === undefined ? from + limit < all.length : from > 0,
    url,
  }
}

/** The object as reads show it: its present state, or that of the fault `stale`. */
export function shown(world: World, object: { id: string }): object {
  return asShown(world.stale.get(object.id) ?? object)
}

/** `created` is a time in seconds, or an object with any of `gt`, `gte`, `lt`, `lte`. */
function createdFilter(params: Params): (created: number) => boolean {
  if (params.isText('created')) {
    const time = params.integer('created')
    return (created) => created === time
  }
  const range = params.nested('created')
  const [gt, gte] = [range?.integer('gt'), range?.integer('gte')]
  const [lt, lte] = [range?.integer('lt'), range?.integer('lte')]
  return (created) =>
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte)
}
