import { invalidRequest } from './errors.ts'
import type { Params } from './params.ts'

/**
 * The `metadata` of a new object, within Stripe's limits: 50 keys of 40 characters, values of 500. No
 * other object inherits it.
 */
export function newMetadata(params: Params | undefined): Record<string, string> {
  return mergedMetadata({}, params) ?? {}
}

/**
 * The `metadata` after an update: keys are merged, an empty value removes its key, and an empty text
 * instead of keys removes all. Undefined if the call does not mention it.
 */
export function mergedMetadata(
  present: Record<string, string> | null,
  params: Params | undefined,
): Record<string, string> | undefined {
  const given = params?.dictionary('metadata')
  if (params === undefined || given === undefined) return undefined
  const param = params.nameOf('metadata')
  const isCleared = Object.keys(given).length === 0
  const merged = isCleared ? {} : { ...present, ...given }
  const entries = Object.entries(merged).filter(([, value]) => value !== '')
  if (entries.length > 50)
    throw invalidRequest('Metadata can have at most 50 keys', undefined, param)
  for (const [key, value] of entries) {
    if (key.length > 40 || value.length > 500) {
      const message = 'Metadata keys are up to 40 characters long and values up to 500'
      throw invalidRequest(message, undefined, param)
    }
  }
  return Object.fromEntries(entries)
}
