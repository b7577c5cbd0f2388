import type postgres from 'postgres'
import { endingAfter } from '../../scheduling/ending.ts'
import { consistencyProof } from '../proofs.ts'
import { tileReader } from '../tiles.ts'
import { KEY_TYPES, type Policy, type Witness, cosignedAt, readNote } from '../verifier.ts'
import type { Behind } from './known.ts'

const TIMEOUT_MS = 5_000
const ANSWER_BYTES_MAX = 1 << 16
/** A witness may know another size than expected, but not again and again. */
const ATTEMPTS_MAX = 3

/**
 * The statuses of a witness that does not watch this log. It looks at name and key before sizes, so
 * it answers so whatever the checkpoint is.
 */
const STRANGERS: Readonly<Record<number, string>> = {
  403: 'does not accept the key of the log (403)',
  404: 'does not know the log (404)',
}

export interface Cosigned {
  /** Signature lines of the note. */
  lines: string[]
  /** The witnesses whose cosignatures verify, by their names in the policy. */
  names: string[]
}

/**
 * `behind`: the witness has cosigned a larger log, or (`isOther`) one that this log contradicts.
 * `isStranger`: it watches no log of this name and key, so it knows nothing of its size either.
 */
export type Answer =
  Cosigned | { behind: Behind; isOther: boolean } | { fault: string; isStranger?: true }

/** A server, which is asked once even if several keys of the policy share it. */
export interface WitnessServer {
  url: string
  /** Asks for a cosignature; null while an earlier request to it is under way. */
  ask(sql: postgres.Sql, note: string, size: number): Promise<Answer> | null
}

/** The servers of a policy, which speak C2SP's tlog-witness. */
export function witnessServers(policy: Policy, closing: AbortSignal): WitnessServer[] {
  const urls = new Set(policy.witnesses.map(({ url }) => url).filter((url) => url !== null))
  return [...urls].map((url) =>
    server(
      url,
      policy.witnesses.filter((one) => one.url === url),
      closing,
    ),
  )
}

function server(url: string, witnesses: readonly Witness[], closing: AbortSignal): WitnessServer {
  /** The size that it has cosigned last; null until it is known. */
  let known: number | null = null
  let isBusy = false
  const address = `${url.replace(/(?<!\/)\/+$/, '')}/add-checkpoint`
  const source = `witness ${witnesses[0]?.key.name ?? url}`

  function contradiction(size: number): Answer {
    return { behind: { size, source }, isOther: true }
  }

  async function askNow(sql: postgres.Sql, note: string, size: number): Promise<Answer> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const old = Math.min(known ?? 0, size)
      const proof = old === 0 ? [] : await consistencyProof(tileReader(sql), old, size)
      const lines = [`old ${old}`, ...proof.map((hash) => hash.toString('base64')), '', note]
      const { status, body } = await post(address, lines.join('\n'), closing)
      if (status === 200) {
        known = size
        return cosignatures(note, body, witnesses)
      }
      if (status === 409) {
        const stands = /^(0|[1-9]\d{0,15})\n?$/.exec(body)?.[1]
        // The sizes are equal, so the roots are not. The specification asks for no size here.
        if (old === size && Number(stands ?? size) === size) return contradiction(size)
        if (stands === undefined) return { fault: 'answers 409 without a size' }
        known = Number(stands)
        if (known > size) return { behind: { size: known, source }, isOther: false }
        continue
      }
      // The proof does not fit, so the witness has cosigned another history than this one.
      if (status === 422) return contradiction(old)
      const stranger = STRANGERS[status]
      return stranger === undefined
        ? { fault: `answers ${status}` }
        : { fault: stranger, isStranger: true }
    }
    return { fault: 'answers 409 again and again' }
  }

  return {
    url,
    ask: (sql, note, size) => {
      if (isBusy) return null
      isBusy = true
      return askNow(sql, note, size)
        .catch((error: unknown) => ({ fault: faultOf(error) }))
        .finally(() => (isBusy = false))
    },
  }
}

async function cosignatures(
  note: string,
  body: string,
  witnesses: readonly Witness[],
): Promise<Answer> {
  const answered = readNote(note.slice(0, note.lastIndexOf('\n\n') + 2) + body)
  if (answered === null) return { fault: 'answers with lines that are not signatures' }
  const found: Cosigned = { lines: [], names: [] }
  for (const { name, key } of witnesses) {
    const isOwn = (line: { name: string; id: string }) =>
      line.name === key.name && line.id === key.id
    const at = answered.signatures.findIndex(isOwn)
    const line = body.split('\n')[at]
    if (at === -1 || line === undefined) continue
    // Cosignatures of other kinds are kept unverified, for readers who can verify them.
    if (key.type === KEY_TYPES.cosignature) {
      if (!((await cosignedAt(answered, key)) instanceof Date)) {
        return { fault: 'answers with a cosignature that does not verify' }
      }
      found.names.push(name)
    }
    found.lines.push(`${line}\n`)
  }
  return found.lines.length > 0 ? found : { fault: 'answers without a cosignature by its key' }
}

async function post(url: string, body: string, closing: AbortSignal) {
  const { signal, release } = endingAfter(TIMEOUT_MS, closing)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      redirect: 'error',
      signal,
    })
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body ?? []) {
      length += chunk.length
      if (length > ANSWER_BYTES_MAX) throw new Error('answers with too many bytes')
      chunks.push(chunk)
    }
    return { status: response.status, body: Buffer.concat(chunks).toString() }
  } finally {
    release()
  }
}

function faultOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  if (code !== undefined) return `does not answer (${code})`
  return error instanceof Error && error.name === 'TimeoutError'
    ? 'does not answer in time'
    : String(error)
}
