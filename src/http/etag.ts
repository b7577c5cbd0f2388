import type { FastifyRequest } from 'fastify'

/**
 * Whether `If-None-Match` names the current representation, so that a 304 is the whole answer. The
 * comparison is weak, as RFC 9110, section 13.1.2 requires: a proxy may have weakened the tag.
 * @param etag a strong tag, with its quotes
 */
export function isKnown(request: Pick<FastifyRequest, 'headers'>, etag: string): boolean {
  const header = request.headers['if-none-match']?.trim()
  if (header === undefined) return false
  if (header === '*') return true
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
