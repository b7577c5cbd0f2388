import { type Loaded, Show, useLoad } from '../shared/load.tsx'
import { ROWS_MAX, type Read, type Sought, seek } from '../shared/page-through.ts'

/**
 * The row that is asked for by its id, where it is not on the page of the list that is in sight.
 * @param listed what is in sight; null until it is known
 */
export function useSought<T>(
  id: string | null,
  idOf: (row: T) => string,
  listed: readonly T[] | null,
  read: (query: Parameters<Read<T>>[0], signal: AbortSignal) => ReturnType<Read<T>>,
  on: readonly unknown[],
) {
  const isElsewhere = id !== null && listed !== null && !listed.some((row) => idOf(row) === id)
  return useLoad<Sought<T> | null>(
    async (signal) => {
      if (!isElsewhere) return null
      return seek(
        (query) => read(query, signal),
        (row) => idOf(row) === id,
      )
    },
    [isElsewhere ? id : null, ...on],
  )
}

/** What is in sight with the one that is asked for in front, wherever it was found. */
export function foundFirst<T>(
  listed: readonly T[],
  sought: Loaded<Sought<T> | null>,
  isIt: (row: T) => boolean,
): T[] {
  const row = sought.state === 'failed' ? null : (sought.data?.row ?? null)
  // The list may have come to it meanwhile.
  const all = row === null || listed.some(isIt) || !isIt(row) ? listed : [row, ...listed]
  return all.toSorted((a, b) => Number(isIt(b)) - Number(isIt(a)))
}

/** Says that the one that is asked for was not found, and how far it was looked for. */
export function NotFound<T>({
  of,
  what,
  id,
}: {
  of: ReturnType<typeof useSought<T>>
  what: string
  id: string | null
}) {
  if (id === null) return null
  return (
    <Show of={of} lines={1}>
      {(sought) =>
        of.state === 'ready' &&
        sought !== null &&
        sought.row === null && (
          <p class="note quiet" role="status">
            {sought.isCut
              ? `The ${what} ${id} is not among the newest ${ROWS_MAX}.`
              : `There is no ${what} ${id} here.`}
          </p>
        )
      }
    </Show>
  )
}
