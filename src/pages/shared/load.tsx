import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { ApiError } from './api.ts'

export type Loaded<T> =
  | { state: 'loading'; data: T | null }
  | { state: 'ready'; data: T }
  | { state: 'failed'; error: ApiError }

/**
 * Loads when what it depends on changes, and gives up the load before. While it loads again, the data
 * of before stay in sight.
 */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  on: readonly unknown[],
): Loaded<T> & { reload: () => void } {
  const [loaded, set] = useState<Loaded<T>>({ state: 'loading', data: null })
  const [turn, setTurn] = useState(0)
  const key = JSON.stringify(on)
  useEffect(() => {
    const ending = new AbortController()
    set((before) => ({ state: 'loading', data: before.state === 'failed' ? null : before.data }))
    const settle = (next: Loaded<T>) => (ending.signal.aborted ? undefined : set(next))
    load(ending.signal).then(
      (data) => settle({ state: 'ready', data }),
      (error: unknown) => settle({ state: 'failed', error: asApiError(error) }),
    )
    return () => ending.abort()
    // What `load` reads is in `on`.
  }, [key, turn])
  const reload = useCallback(() => setTurn((before) => before + 1), [])
  return { ...loaded, reload }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError(message, { code: 'PAGE_FAILED', status: 0 })
}

interface Props<T> {
  of: Loaded<T> & { reload: () => void }
  /** How many lines to hold free meanwhile. */
  lines?: number
  children: (data: T) => ComponentChildren
}

/** What was loaded, or how that stands. */
export function Show<T>({ of, lines = 3, children }: Props<T>) {
  if (of.state === 'failed') return <Failure error={of.error} onRetry={of.reload} />
  if (of.state === 'loading' && of.data === null) return <Waiting lines={lines} />
  return <div aria-busy={of.state === 'loading'}>{children(of.data as T)}</div>
}

export function Waiting({ lines = 3 }: { lines?: number }) {
  return (
    <div class="waiting" role="status">
      <span class="hidden">Loading</span>
      {Array.from({ length: lines }, (_, index) => (
        <span class="bone" key={index} />
      ))}
    </div>
  )
}

/** Says what has failed, and what to do about it. */
export function Failure({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  if (error.code === 'PERMISSION_DENIED') return <MayNot>{error.message}</MayNot>
  return (
    <div class="note bad" role="alert">
      <p>
        <strong>{titleOf(error)}</strong> {error.message}
      </p>
      {error.issued.map(({ what, id, undo }) => (
        <p key={id}>
          The {what} <code>{id}</code> may exist now, and nobody has its secret. If it is in the
          list, {undo} it.
        </p>
      ))}
      <p class="faint">
        <code>{error.code}</code>
        {error.requestId !== null && (
          <>
            {' '}
            · request <code>{error.requestId}</code>
          </>
        )}
      </p>
      {onRetry !== undefined && (
        <button type="button" class="small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

function titleOf({ status, retryAfter }: ApiError): string {
  if (status === 404) return 'Not found.'
  if (status === 429) return `Too many calls; try again in ${retryAfter ?? 60} s.`
  if (status === 0) return 'No answer.'
  if (status < 400) return 'An unknown answer.'
  return status >= 500 ? 'The service could not answer.' : 'Refused.'
}

/** The state of a page that the reader’s token does not open. */
export function MayNot({ children }: { children: ComponentChildren }) {
  return (
    <div class="note quiet">
      <p>
        <strong>You may not see this.</strong> {children}
      </p>
      <p class="faint">An owner can issue a token with more permissions.</p>
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  )
}
