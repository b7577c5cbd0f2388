import type { CallOptions } from './call.ts'

interface Page<T> {
  data: T[]
  next_cursor: string | null
}

type List = (input: never, options?: CallOptions) => Promise<Page<unknown>>
type Filters<L extends List> = NonNullable<Parameters<L>[0]>
type Item<L extends List> = Awaited<ReturnType<L>>['data'][number]

/**
 * All items of a list, loaded page by page as they are consumed: `for await (const customer of
 * paginate(admin.listCustomers, { status: 'active' }))`.
 * @throws StrongroomError
 */
export async function* paginate<L extends List>(
  list: L,
  filters: Filters<L>,
  options?: CallOptions,
): AsyncGenerator<Item<L>, void, undefined> {
  // Every list accepts its own filters together with a cursor.
  const read = list as unknown as (input: object, options?: CallOptions) => Promise<Page<Item<L>>>
  for (let input: object = filters; ;) {
    const { data, next_cursor: cursor } = await read(input, options)
    yield* data
    if (cursor === null) return
    input = { ...input, cursor }
  }
}
