import { OutcomeUnknown } from '../../database/outcomes.ts'
import { Refusal, type Repeat } from '../../refusals/index.ts'

/** A running write; the code that commits it keeps this up to date. */
export interface Write {
  /** It is being committed: from here on only an answer tells its outcome. */
  sent: boolean
  /**
   * Its caller no longer waits and was told that it did not happen, so it must not be sent any more.
   */
  givenUp: boolean
}

interface Awaited {
  write: Write
  repeat: Repeat | undefined
  reject: (reason: Refusal) => void
}

/** The writes of a request, and what can be said about them when its time is over. */
export class Attempt {
  /** Whether one of its writes is committed. */
  hasStored = false
  /** The key or id for repeating what is committed. */
  repeat: Repeat | undefined
  /** Whether its time is over. */
  isOver = false
  readonly #awaited: Awaited[] = []

  /**
   * Waits for a write until it is done or the request's time is over.
   * @throws Refusal `TIMEOUT` for a write that will never happen, `OUTCOME_UNKNOWN` for one that may
   */
  follow<T>(write: Write, work: Promise<T>, repeat?: Repeat): Promise<T> {
    return new Promise((resolve, reject) => {
      const awaited = { write, repeat, reject }
      this.#awaited.push(awaited)
      if (this.isOver) giveUp(awaited)
      const stored = (value: T): void => {
        this.hasStored = true
        this.repeat = repeat
        resolve(value)
      }
      work.then(stored, (error: unknown) => reject(withRepeat(error, repeat)))
    })
  }

  /** Ends the request's time: gives up each running write, with the answer that fits it. */
  end(): void {
    this.isOver = true
    this.#awaited.forEach(giveUp)
  }
}

/** Has no effect on a completed write, whose promise is settled. */
function giveUp({ write, repeat, reject }: Awaited): void {
  write.givenUp = true
  reject(write.sent ? new Refusal('OUTCOME_UNKNOWN', { repeat }) : new Refusal('TIMEOUT'))
}

/** Adds to an unknown outcome what is needed to repeat or revoke; returns other errors unchanged. */
export function withRepeat(error: unknown, repeat: Repeat | undefined): unknown {
  const isUnknown =
    error instanceof OutcomeUnknown ||
    (error instanceof Refusal && error.code === 'OUTCOME_UNKNOWN' && error.repeat === undefined)
  return isUnknown ? new Refusal('OUTCOME_UNKNOWN', { repeat, cause: error }) : error
}
