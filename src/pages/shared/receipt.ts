import { isSame, leafHash, openCheckpoint, provesInclusion } from '../../audit/verifier.ts'
import { canonicalJson } from '../../encoding/canonical-json.ts'
import type { Schemas } from './api.ts'
import { fromBase64, hex } from './bytes.ts'

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
