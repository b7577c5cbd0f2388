/** A message between two processes of a cluster. */
type Message =
  | { ask: number; what: string; value: unknown }
  | { answer: number; value: unknown }
  | { failed: number; message: string }

/** One end of the channel: `process` in a worker, the worker in the primary. */
interface Channel {
  on(event: 'message', listener: (message: unknown) => void): unknown
  send(message: Message, told: (error: Error | null) => void): unknown
}

type Answers = Record<string, (value: never) => unknown>

export interface Peer {
  /** @throws Error if the other process has ended, can't answer, or takes longer than `msMax` */
  ask<T>(what: string, value: unknown, msMax?: number): Promise<T>
  /** Answers questions of this name. Questions that nothing answers fail. */
  answer(what: string, give: Answers[string]): void
}

/** Questions and answers between two processes of a cluster, in both directions. */
export function peerOf(channel: Channel): Peer {
  const answers = new Map<string, (value: unknown) => unknown>()
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let last = 0

  channel.on('message', (message) => {
    // Others send messages over the channel too, such as a file watcher that started the process.
    if (typeof message !== 'object' || message === null) return
    const said = message as Partial<Record<'ask' | 'answer' | 'failed', number>>
    if (said.ask !== undefined) void reply(message as Extract<Message, { ask: number }>)
    else if (said.answer !== undefined) {
      take(said.answer)?.resolve((message as { value: unknown }).value)
    } else if (said.failed !== undefined) {
      take(said.failed)?.reject(new Error((message as { message: string }).message))
    }
  })

  async function reply({ ask, what, value }: Extract<Message, { ask: number }>): Promise<void> {
    try {
      const give = answers.get(what)
      if (give === undefined) throw new Error(`Nothing answers ${what}`)
      send({ answer: ask, value: await give(value) })
    } catch (error) {
      send({ failed: ask, message: error instanceof Error ? error.message : String(error) })
    }
  }

  function take(id: number) {
    const found = open.get(id)
    open.delete(id)
    return found
  }

  /** Sends a message. It is lost if it can't be sent, or if the other process ends. */
  function send(message: Message, lost: (error: Error) => void = () => undefined): void {
    try {
      channel.send(message, (error) => error && lost(error))
    } catch (error) {
      lost(error as Error)
    }
  }

  return {
    ask: <T>(what: string, value: unknown, msMax?: number) =>
      new Promise<T>((resolve, reject) => {
        const id = ++last
        const fail = (error: Error) => take(id)?.reject(error)
        const timer =
          msMax === undefined
            ? undefined
            : setTimeout(() => fail(new Error(`No answer to ${what} in time`)), msMax)
        open.set(id, {
          resolve: (given) => {
            clearTimeout(timer)
            resolve(given as T)
          },
          reject: (error) => {
            clearTimeout(timer)
            reject(error)
          },
        })
        send({ ask: id, what, value }, fail)
      }),
    answer: (what, give) => void answers.set(what, give as (value: unknown) => unknown),
  }
}
