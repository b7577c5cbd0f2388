import type postgres from 'postgres'
import { rootOf } from '../proofs.ts'
import { logSize } from '../sequencer.ts'
import { tileReader } from '../tiles.ts'
import type { LogIdentity } from './identity.ts'
import { noteBody, signNote } from './note.ts'
import type { Published } from './row.ts'
import type { Answer, WitnessServer } from './witnesses.ts'

/**
 * Asks the witnesses to cosign the last published checkpoint. Their answers show whether the database
 * has been restored to an earlier state.
 * @param heed handles an answer that may mean that the log is behind
 */
export async function probe(
  sql: postgres.Sql,
  servers: readonly WitnessServer[],
  { note, size }: Pick<Published, 'note' | 'size'>,
  identity: LogIdentity,
  heed: (answer: Answer | null) => Promise<void>,
): Promise<void> {
  const first = note.slice(0, note.indexOf('\n', note.lastIndexOf('\n\n') + 2) + 1)
  const answers = servers.map(async (server) => {
    const answer = await server.ask(sql, first, size)
    await heed(answer)
    if (answer !== null && 'behind' in answer && !answer.isOther) {
      await heed(await confirm(sql, server, answer.behind.size, identity))
    }
  })
  await Promise.all(answers)
}

/**
 * Asks a witness that knows a larger size than the published one to cosign that size again. If a
 * process has ended before it could publish, the note is the very one that it signed. If the database
 * was restored and has grown since, the witness refuses. The note is not kept: it may contradict the
 * log.
 */
async function confirm(
  sql: postgres.Sql,
  server: WitnessServer,
  size: number,
  { origin, signing }: LogIdentity,
): Promise<Answer | null> {
  if (signing === null || size > (await logSize(sql))) return null
  const root = await rootOf(tileReader(sql), size)
  return server.ask(sql, signNote(noteBody(origin, size, root), signing.note, signing.key), size)
}
