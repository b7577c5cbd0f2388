import {
  type SignedNote,
  isSame,
  leafHash,
  openCheckpoint,
  provesInclusion,
  readKey,
  verifyProof,
} from '../../audit/verifier.ts'
import type { components } from '../../client/generated/schema.ts'
import { canonicalJson } from '../../encoding/canonical-json.ts'
import { fromBase64, hex } from './bytes.ts'

type Schemas = components['schemas']

export interface Finding {
  isGood: boolean
  what: string
  detail: string
}

export type Jwks = Schemas['JsonWebKeySet']

/** Goes through a receipt as anyone could offline, and says what each step shows. */
export async function verifyReceipt(receipt: Schemas['Receipt'], jwks: Jwks): Promise<Finding[]> {
  const { record, index, size, proof, checkpoint } = receipt
  const leaf = await leafHash(new TextEncoder().encode(canonicalJson(record)))
  const signed = await openCheckpoint(checkpoint.token, jwks)
  const isStatement =
    signed !== null && signed.size === size && isSame(signed.root, fromBase64(checkpoint.root))
  const isIncluded =
    signed !== null &&
    (await provesInclusion(leaf, index, { size, root: signed.root }, proof.map(fromBase64)))
  return [
    { isGood: true, what: 'The record’s hash', detail: hex(leaf) },
    {
      isGood: isIncluded,
      what: isIncluded ? 'The record is in the log' : 'The record is not in this log',
      detail: `number ${index} of ${size}, by ${proof.length} hashes`,
    },
    {
      isGood: isStatement,
      what: isStatement
        ? 'The checkpoint is signed'
        : 'No key of this service has signed the checkpoint',
      detail: isStatement ? `root ${hex(signed.root).slice(0, 32)}…` : checkpoint.root,
    },
  ]
}

/**
 * A witness's line on the published checkpoint. It is not verified here: that takes the key that
 * the witness publishes.
 */
export interface Cosignature {
  name: string
  /** The time in the line; null if it has none, or one that is no date. */
  at: Date | null
}

export interface Published {
  finding: Finding
  cosignatures: readonly Cosignature[]
}

/**
 * Verifies a receipt against the published checkpoint.
 * @param proof a tlog-proof
 * @param vkey the log's key, as `/log/key` answers it
 * @param record the record that the proof must contain
 */
export async function verifyPublished(
  proof: string,
  vkey: string,
  record: Schemas['Receipt']['record'],
): Promise<Published> {
  const key = await readKey(vkey.trim())
  const verdict = await verifyProof(proof, { logs: key === null ? [] : [key] })
  const isOfRecord = verdict.valid && verdict.record === canonicalJson(record)
  if (!isOfRecord) {
    const detail = verdict.valid ? 'it proves another record' : verdict.reason
    const what = 'The published checkpoint does not hold the record'
    return { finding: { isGood: false, what, detail }, cosignatures: [] }
  }
  const { origin, size } = verdict.note
  const what = 'The published checkpoint holds the record'
  return {
    finding: { isGood: true, what, detail: `${origin}, ${size} records` },
    cosignatures: cosignaturesOn(verdict.note),
  }
}

/**
 * All kinds of cosignatures begin with the time, as seconds in 8 bytes:
 * https://c2sp.org/tlog-cosignature
 */
function cosignaturesOn({ origin, signatures }: SignedNote): Cosignature[] {
  return signatures
    .filter(({ name }) => name !== origin)
    .map(({ name, signature }) => {
      const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength)
      const at = signature.length < 72 ? null : new Date(Number(view.getBigUint64(0)) * 1_000)
      // Nobody has verified the line, so the time can be any number.
      return { name, at: at === null || Number.isNaN(at.getTime()) ? null : at }
    })
}
