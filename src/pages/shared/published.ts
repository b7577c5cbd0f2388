import { errorOf, request } from './api.ts'

/**
 * A transfer's receipt as a tlog-proof; null while no published checkpoint covers its record, or
 * none is published at present.
 * @param path the path of the receipt
 */
export async function publishedProof(path: string, signal: AbortSignal): Promise<string | null> {
  const response = await request('GET', path, undefined, { signal, accept: 'text/plain' })
  if (response.ok) return response.text()
  const error = await errorOf(response)
  if (error.code === 'NOT_YET_LOGGED' || error.code === 'LOG_BEHIND') return null
  throw error
}

/** The key that signs published checkpoints, from its public route. */
export async function logKey(signal: AbortSignal): Promise<string> {
  const response = await request('GET', '/log/key', undefined, { signal })
  if (response.ok) return response.text()
  throw await errorOf(response)
}
