import type { Schemas } from './api.ts'
import { preciseTime } from './format.ts'
import { Show, useLoad } from './load.tsx'
import { logKey, publishedProof } from './published.ts'
import {
  type Cosignature,
  type Finding,
  type Jwks,
  type Published,
  verifyPublished,
  verifyReceipt,
} from './receipt.ts'
import { Json } from './ui.tsx'

interface Source {
  receipt: (transferId: string, signal: AbortSignal) => Promise<Schemas['Receipt']>
  keys: (signal: AbortSignal) => Promise<Jwks>
  /** The path of a transfer's receipt. */
  path: (transferId: string) => string
}

/** A receipt, and what this browser finds when it verifies it. */
export function ReceiptView({ transferId, source }: { transferId: string; source: Source }) {
  const checked = useLoad(
    async (signal) => {
      const [receipt, keys, proof, vkey] = await Promise.all([
        source.receipt(transferId, signal),
        source.keys(signal),
        publishedProof(source.path(transferId), signal),
        logKey(signal),
      ])
      const findings = await verifyReceipt(receipt, keys)
      const published = proof === null ? null : await verifyPublished(proof, vkey, receipt.record)
      return { receipt, findings, published }
    },
    [transferId],
  )
  return (
    <Show of={checked} lines={4}>
      {({ receipt, findings, published }) => {
        const all = published === null ? findings : [...findings, published.finding]
        const isGood = all.every((one) => one.isGood)
        return (
          <div class="receipt">
            <p class={`verdict ${isGood ? 'good' : 'bad'}`} role="status">
              {isGood ? 'Receipt verified in this browser' : 'This receipt does not hold'}
            </p>
            <Findings of={all} />
            <p class="faint">
              Verified against the checkpoint of {preciseTime(receipt.checkpoint.issued_at)} with
              the keys at <code>/.well-known/jwks.json</code>, and against the published checkpoint
              with the key at <code>/log/key</code>.
            </p>
            <Witnesses of={published} />
            <details>
              <summary>The record, as it is in the log</summary>
              <Json of={receipt.record} label="The record" />
            </details>
          </div>
        )
      }}
    </Show>
  )
}

function Findings({ of }: { of: readonly Finding[] }) {
  return (
    <ol>
      {of.map((one) => (
        <li class={one.isGood ? 'good' : 'bad'} key={one.what}>
          <span>{one.what}</span>
          <code>{one.detail}</code>
        </li>
      ))}
    </ol>
  )
}

function Witnesses({ of: published }: { of: Published | null }) {
  if (published === null) {
    return <p class="faint">No checkpoint with this record is published yet.</p>
  }
  if (published.cosignatures.length === 0) {
    return <p class="faint">No witness has cosigned the published checkpoint.</p>
  }
  return (
    <>
      <p class="faint">
        The published checkpoint has lines of these witnesses. Verify each line with the key that
        its witness publishes:
      </p>
      <ul class="witnesses">
        {published.cosignatures.map((one) => (
          <Witness of={one} key={one.name} />
        ))}
      </ul>
    </>
  )
}

function Witness({ of: { name, at } }: { of: Cosignature }) {
  return (
    <li>
      <code>{name}</code>
      {at !== null && ` at ${preciseTime(at.toISOString())}`}
    </li>
  )
}
