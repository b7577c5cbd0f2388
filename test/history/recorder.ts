import { type WriteStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Answer, Request } from './requests.ts'

/** The whole ledger of some accounts, as one query found it. */
export interface Snapshot {
  accounts: Record<string, { seq: number; balance: number; held: number }>
  system: Record<string, number>
}

interface Attempt {
  client: number
  call: number
  requests?: readonly Request[]
  answers?: readonly Answer[]
  /** The name of a batch that is made wholly or not at all. */
  together?: string
  refusal?: string
  snapshot?: Snapshot
}

export interface Recorder {
  /** The number of the round that what follows is of. */
  round: number
  /** How many answers to requests were recorded. */
  requests: number
  /** The time, in nanoseconds: one clock for all clients, which nothing sets. */
  now(): number
  /** Records what was sent at a time and is answered now. */
  record(attempt: Attempt): void
  close(): Promise<void>
}

/** Writes a history, one JSON object a line, as the checker reads it. */
export function openRecorder(path: string): Recorder {
  const file: WriteStream = createWriteStream(path)
  const began = process.hrtime.bigint()
  const recorder: Recorder = {
    round: 0,
    requests: 0,
    now: () => Number(process.hrtime.bigint() - began),
    record: (attempt) => {
      recorder.requests += attempt.answers?.length ?? 0
      const line = { round: recorder.round, return: recorder.now(), ...attempt }
      file.write(`${JSON.stringify(line)}\n`)
    },
    close: async () => {
      file.end()
      await once(file, 'finish')
    },
  }
  return recorder
}
