/**
 * Whether an Accept header prefers plain text to JSON (RFC 9110, 12.5.1). Many JSON clients rate
 * both alike, which does not count as a preference for text.
 */
export function prefersText(accept = ''): boolean {
  return qualityOf(accept, 'text/plain') > qualityOf(accept, 'application/json')
}

/**
 * The quality of a type that the header names. A range such as star-slash-star does not name it.
 */
function qualityOf(accept: string, type: string): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== type) continue
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0
  }
  return 0
}
