import { useState } from 'preact/hooks'
import { leafHash, openCheckpoint, provesInclusion } from '../../../audit/verifier.ts'
import { canonicalJson } from '../../../encoding/canonical-json.ts'
import { number, time } from '../../shared/format.ts'
import { asApiError } from '../../shared/load.tsx'
import { fromBase64 } from '../../shared/bytes.ts'
import { api } from '../session.ts'
import type { Filter } from './records.tsx'

type State =
  | { is: 'idle' }
  | { is: 'running'; done: number; of: number }
  | { is: 'done'; of: number; bad: number[]; size: number; at: string }
  | { is: 'failed'; message: string }

/** Proves, in this browser, that each record in sight is in the log of a signed checkpoint. */
export function VerifyRange({
  query,
  count,
}: {
  query: Filter & { cursor?: string }
  count: number
}) {
  const [state, setState] = useState<State>({ is: 'idle' })
  const run = () => {
    verify(query, (done, of) => setState({ is: 'running', done, of })).then(
      setState,
      (error: unknown) => setState({ is: 'failed', message: asApiError(error).message }),
    )
  }
  return (
    <div class="verify-all">
      <button type="button" class="small" onClick={run} disabled={state.is === 'running'}>
        Verify these {count}
      </button>
      {state.is === 'running' && (
        <progress max={state.of} value={state.done} aria-label="Records verified" />
      )}
      <span role="status">{textOf(state)}</span>
    </div>
  )
}

function textOf(state: State): string {
  if (state.is === 'running') return `${state.done} of ${state.of}`
  if (state.is === 'failed') return state.message
  if (state.is !== 'done') return ''
  if (state.bad.length > 0) return `Not in the log: ${state.bad.join(', ')}`
  return `All ${state.of} are in the log of ${number(state.size)} records, signed ${time(state.at)}.`
}

async function verify(
  query: Filter & { cursor?: string },
  report: (done: number, of: number) => void,
): Promise<State> {
  const [keys, checkpoint, listed] = await Promise.all([
    api('getKeys', {}),
    api('getAuditCheckpoint', {}),
    api('listAudit', { limit: 50, ...query, as_logged: true }),
  ])
  const signed = await openCheckpoint(checkpoint.token, keys)
  if (signed === null)
    return { is: 'failed', message: 'No key of this service has signed the checkpoint.' }
  const records = listed.data.filter(({ seq }) => seq < signed.size)
  const bad: number[] = []
  for (const [index, record] of records.entries()) {
    report(index, records.length)
    const leaf = await leafHash(new TextEncoder().encode(canonicalJson(record)))
    const { proof } = await api('getAuditProof', { size: signed.size, index: record.seq })
    const isIn = await provesInclusion(leaf, record.seq, signed, proof.map(fromBase64))
    if (!isIn) bad.push(record.seq)
  }
  const at = signed.issuedAt.toISOString()
  return { is: 'done', of: records.length, bad, size: signed.size, at }
}
