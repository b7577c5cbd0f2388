/** What a successful answer holds. */
export type AnswerKind = 'json' | 'text' | 'bytes' | 'none'

export interface Received {
  status: number
  headers: Headers
  bytes: ArrayBuffer
}

const IS: Readonly<Record<AnswerKind, (answer: Received, field: string | undefined) => boolean>> = {
  json: ({ bytes }, field) => {
    const body = parsed(bytes)
    return typeof body === 'object' && body !== null && (field === undefined || field in body)
  },
  text: ({ headers }) => isOfType(headers, 'text/plain'),
  bytes: ({ headers }) => isOfType(headers, 'application/octet-stream'),
  none: ({ status, bytes }) => status !== 200 && ['', 'null'].includes(textOf(bytes)),
}

/**
 * Whether an answer can be the service's. A proxy or a captive portal may answer with a success too,
 * but then the call has not succeeded.
 * @param field what a JSON answer must have
 */
export function holds(answer: Received, kind: AnswerKind, field?: string): boolean {
  return IS[kind](answer, field)
}

function parsed(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(textOf(bytes))
  } catch {
    return null
  }
}

function isOfType(headers: Headers, type: string): boolean {
  return headers.get('content-type')?.startsWith(type) === true
}

export function textOf(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes)
}
