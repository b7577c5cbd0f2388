import { OutcomeUnknown } from '../../database/outcomes.ts'
import { Refusal, type Repeat } from '../../refusals/index.ts'

/** A write on its way; whoever commits it keeps this true. */
export interface Write {
  /** It goes to be committed: from here on only an answer tells what became of it. */
  sent: boolean
  /** Its caller waits no longer. What is not sent by then must not be: the caller was told so. */
  givenUp: boolean
}

interface Awaited {
  write: Write
  repeat: Repeat | undefined
  reject: (reason: Refusal) => void
}

/** What a request has written and is writing: what can be said of it when its time is over. */
export class Attempt {
  /** Something of it is committed. */
  hasStored = false
  /** What it takes to repeat what is committed. */
  repeat: Repeat | undefined
  /** Its time is over. */
  isOver = false
  readonly #awaited: Awaited[] = []

  /**
   * Waits for a write until it is done or the request's time is over, whichever comes first.
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

  /** The request's time is over: each write that is under way is given up, and told apart. */
  end(): void {
    this.isOver = true
    this.#awaited.forEach(giveUp)
  }
}

/** Without effect on a write that is done, whose promise is settled. */
function giveUp({ write, repeat, reject }: Awaited): void {
  write.givenUp = true
  reject(write.sent ? new Refusal('OUTCOME_UNKNOWN', { repeat }) : new Refusal('TIMEOUT'))
}

/** Adds to an unknown outcome what it takes to repeat or revoke; any other error is left as it is. */
export function withRepeat(error: unknown, repeat: Repeat | undefined): unknown {
  const isUnknown =
    error instanceof OutcomeUnknown ||
    (error instanceof Refusal && error.code === 'OUTCOME_UNKNOWN' && error.repeat === undefined)
  return isUnknown ? new Refusal('OUTCOME_UNKNOWN', { repeat, cause: error }) : error
}
