/**
 * Whether an Accept header asks for plain text above JSON (RFC 9110, 12.5.1). Of both alike, as clients
 * for JSON send them, it does not.
 */
export function prefersText(accept = ''): boolean {
  return qualityOf(accept, 'text/plain') > qualityOf(accept, 'application/json')
}

/** Of a type that is named; ranges such as star-slash-star name none. */
function qualityOf(accept: string, type: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== type) continue
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0
  }
  return 0
}
