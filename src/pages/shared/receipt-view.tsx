import type { Schemas } from './api.ts'
import { preciseTime } from './format.ts'
import { Show, useLoad } from './load.tsx'
import { type Jwks, verifyReceipt } from './receipt.ts'
import { Json } from './ui.tsx'

interface Source {
  receipt: (transferId: string, signal: AbortSignal) => Promise<Schemas['Receipt']>
  keys: (signal: AbortSignal) => Promise<Jwks>
}

/** A receipt, and what this browser finds when it goes through it. */
export function ReceiptView({ transferId, source }: { transferId: string; source: Source }) {
  const checked = useLoad(
    async (signal) => {
      const [receipt, keys] = await Promise.all([
        source.receipt(transferId, signal),
        source.keys(signal),
      ])
      return { receipt, findings: await verifyReceipt(receipt, keys) }
    },
    [transferId],
  )
  return (
    <Show of={checked} lines={4}>
      {({ receipt, findings }) => {
        const isGood = findings.every((one) => one.isGood)
        return (
          <div class="receipt">
            <p class={`verdict ${isGood ? 'good' : 'bad'}`} role="status">
              {isGood ? 'Receipt verified in this browser' : 'This receipt does not hold'}
            </p>
            <ol>
              {findings.map((one) => (
                <li class={one.isGood ? 'good' : 'bad'} key={one.what}>
                  <span>{one.what}</span>
                  <code>{one.detail}</code>
                </li>
              ))}
            </ol>
            <p class="faint">
              Against the checkpoint of {preciseTime(receipt.checkpoint.issued_at)}, under the keys
              at <code>/.well-known/jwks.json</code>.
            </p>
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
