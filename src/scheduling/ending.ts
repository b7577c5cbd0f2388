export interface Ending {
  signal: AbortSignal
  /** Must be called when what the signal could end is over. */
  release: () => void
}

/**
 * A signal that aborts after so many milliseconds, or when `other` does. `other` may live as long as
 * the process, so AbortSignal.any is no choice: on Node 20, each signal that it makes of another
 * leaves an entry in that one for ever.
 */
export function endingAfter(ms: number, other?: AbortSignal): Ending {
  const ending = new AbortController()
  const follow = () => ending.abort(other?.reason)
  const timer = setTimeout(() => ending.abort(new DOMException('', 'TimeoutError')), ms).unref()
  other?.addEventListener('abort', follow)
  if (other?.aborted === true) follow()
  return {
    signal: ending.signal,
    release: () => {
      clearTimeout(timer)
      other?.removeEventListener('abort', follow)
    },
  }
}
