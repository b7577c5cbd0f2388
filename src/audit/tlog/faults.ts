import type { FastifyBaseLogger } from 'fastify'

type Source = 'state' | 'files' | 'witnesses'

/** The faults of publishing, kept apart by where they come from. */
export function faultsOf(log: FastifyBaseLogger) {
  const current = new Map<Source, string>()

  /**
   * Logs a fault once, and again only after it has changed.
   * @param fault empty if there is none any more
   */
  function found(source: Source, fault: string): void {
    const isNew = fault !== '' && fault !== current.get(source)
    if (isNew) log.warn({ faults: fault }, 'The audit log has a fault')
    current.set(source, fault)
  }

  return { found, has: (source: Source) => (current.get(source) ?? '') !== '' }
}
