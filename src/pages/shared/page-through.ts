interface Page<T> {
  data: readonly T[]
  next_cursor: string | null
}

export type Read<T> = (query: { limit: number; cursor?: string }) => Promise<Page<T>>

/** So many pages are read of a list that a browser goes through, and no more. */
const PAGES = 10
const LIMIT = 200
export const ROWS_MAX = PAGES * LIMIT

/** A list page by page, as far as a browser reads one. The last page says whether the list goes on. */
export async function* pagesOf<T>(read: Read<T>): AsyncGenerator<Page<T>, undefined> {
  let cursor: string | null = null
  for (let count = 0; count < PAGES; count++) {
    const page: Page<T> = await read({ limit: LIMIT, ...(cursor !== null && { cursor }) })
    yield page
    cursor = page.next_cursor
    if (cursor === null) return
  }
}

export interface Sought<T> {
  /** Null where there is none. */
  row: T | null
  /** Whether the list goes on beyond what was read. */
  isCut: boolean
}

/** Reads a list until it comes to the row that is meant. */
export async function seek<T>(read: Read<T>, isIt: (row: T) => boolean): Promise<Sought<T>> {
  let isCut = false
  for await (const { data, next_cursor: next } of pagesOf(read)) {
    const row = data.find(isIt)
    if (row !== undefined) return { row, isCut: false }
    isCut = next !== null
  }
  return { row: null, isCut }
}
