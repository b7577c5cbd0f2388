import type { Policy } from '../verifier.ts'
import type { Cosigned } from './witnesses.ts'

/** Longer than rounds about the same note overlap, and shorter than the time between renewals. */
const AGE_MS_MAX = 60_000

/**
 * The cosignatures of a note. While the log does not grow, several rounds are about the same note.
 * They share these, so an answer that comes late adds to what a later round has gathered.
 */
export function cosignaturesOf(note: string, policy: Policy | null) {
  /** The newest answer of each server, by its URL. */
  const answers = new Map<string, Cosigned & { at: number }>()

  function add(url: string, { lines, names }: Cosigned): void {
    answers.set(url, { lines, names, at: performance.now() })
  }

  function recent(): Cosigned[] {
    return [...answers.values()].filter(({ at }) => performance.now() - at < AGE_MS_MAX)
  }

  function hasQuorum(): boolean {
    return policy === null || policy.isQuorum(new Set(recent().flatMap(({ names }) => names)))
  }

  return { note, add, hasQuorum, lines: () => recent().flatMap(({ lines }) => lines) }
}

export type Cosignatures = ReturnType<typeof cosignaturesOf>
