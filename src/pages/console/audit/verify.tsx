import { useState } from 'preact/hooks'
import { leafHash, openCheckpoint, provesInclusion } from '../../../audit/verifier.ts'
import { canonicalJson } from '../../../encoding/canonical-json.ts'
import type { Schemas } from '../../shared/api.ts'
import { fromBase64 } from '../../shared/bytes.ts'
import { number, time } from '../../shared/format.ts'
import { asApiError } from '../../shared/load.tsx'
import { pagesOf } from '../../shared/page-through.ts'
import { iso } from '../../shared/ui.tsx'
import { api } from '../session.ts'
import type { Filter } from './records.tsx'

type Row = Schemas['AuditRecord']
type Query = Filter & { cursor?: string }

type State =
  | { is: 'idle' }
  | { is: 'running'; done: number; of: number }
  /** `newer`: how many the checkpoint does not reach yet. */
  | { is: 'done'; of: number; newer: number; bad: number[]; size: number; at: string }
  | { is: 'failed'; message: string }

interface Props {
  /** What has found them. */
  query: Query
  records: readonly Row[]
}

/**
 * Proves, in this browser, that each record in sight is in the log of a signed checkpoint. What it
 * says is of these records alone: others need another instance.
 */
export function VerifyRange({ query, records }: Props) {
  const [state, setState] = useState<State>({ is: 'idle' })
  const run = () => {
    verify(query, records, (done, of) => setState({ is: 'running', done, of })).then(
      setState,
      (error: unknown) => setState({ is: 'failed', message: asApiError(error).message }),
    )
  }
  return (
    <div class="verify-all">
      <button type="button" class="small" onClick={run} disabled={state.is === 'running'}>
        Verify these {records.length}
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
  const rest = state.newer > 0 ? ` ${state.newer} are newer than that.` : ''
  return `All ${state.of} are in the log of ${number(state.size)} records, signed ${time(state.at)}.${rest}`
}

async function verify(
  query: Query,
  shown: readonly Row[],
  report: (done: number, of: number) => void,
): Promise<State> {
  const [keys, checkpoint] = await Promise.all([api('getKeys', {}), api('getAuditCheckpoint', {})])
  const signed = await openCheckpoint(checkpoint.token, keys)
  if (signed === null)
    return { is: 'failed', message: 'No key of this service has signed the checkpoint.' }
  const covered = shown.filter(({ seq }) => seq < signed.size)
  const logged = await asLogged(query, covered)
  const bad: number[] = []
  for (const [index, { seq }] of covered.entries()) {
    report(index, covered.length)
    const record = logged.get(seq)
    const { proof } = await api('getAuditProof', { size: signed.size, index: seq })
    const isIn =
      record !== undefined &&
      (await provesInclusion(
        await leafHash(new TextEncoder().encode(canonicalJson(record))),
        seq,
        signed,
        proof.map(fromBase64),
      ))
    if (!isIn) bad.push(seq)
  }
  const at = signed.issuedAt.toISOString()
  const newer = shown.length - covered.length
  return { is: 'done', of: covered.length, newer, bad, size: signed.size, at }
}

/** The records as they were hashed, by number. */
async function asLogged(query: Query, shown: readonly Row[]): Promise<Map<number, Row>> {
  const found = new Map<number, Row>()
  if (shown.length === 0) return found
  const oldest = Math.min(...shown.map(({ seq }) => seq))
  const asked = withoutNewer(query, shown)
  const pages = pagesOf((page) => api('listAudit', { ...asked, ...page, as_logged: true }))
  for await (const { data } of pages) {
    for (const record of data) found.set(record.seq, record)
    if (data.some(({ seq }) => seq <= oldest)) break
  }
  return found
}

/** The first page would begin with the records that were logged since. */
function withoutNewer(query: Query, shown: readonly Row[]): Query {
  if (query.cursor !== undefined) return query
  const newest = Math.max(...shown.map(({ timestamp }) => Date.parse(timestamp)))
  const end = iso(newest + 1)
  return { ...query, to: query.to !== undefined && query.to < end ? query.to : end }
}
