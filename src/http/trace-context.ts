import type { IncomingMessage } from 'node:http'

/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may append fields. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/

/** The trace of a request, from its `traceparent`; undefined without one, or with a malformed one. */
export function traceIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  // Node joins repeated headers with a comma: two of them count as none.
  const given = headers['traceparent']
  const [, version, traceId, more] =
    (typeof given === 'string' && !given.includes(',') && TRACEPARENT.exec(given)) || []
  return version === '00' && more !== undefined ? undefined : traceId
}
