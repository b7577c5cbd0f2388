import type { CallOptions } from './call.ts'

interface Page<Item> {
  data: Item[]
  next_cursor: string | null
}

/**
 * All items of a list, page by page as they are asked for:
 * `for await (const customer of paginate(admin.listCustomers, { status: 'active' }))`.
 * @throws StrongroomError
 */
export async function* paginate<Filters extends { cursor?: string }, Item>(
  list: (input: Filters, options?: CallOptions) => Promise<Page<Item>>,
  filters: NoInfer<Filters>,
  options?: CallOptions,
): AsyncGenerator<Item, void, undefined> {
  for (let input = filters; ;) {
    const { data, next_cursor: cursor } = await list(input, options)
    yield* data
    if (cursor === null) return
    input = { ...filters, cursor }
  }
}
