import { useEffect, useRef, useState } from 'preact/hooks'
import { asApiError } from '../../shared/load.tsx'
import type { Transfer } from '../../shared/movements.ts'
import { verifyReceipt } from '../../shared/receipt.ts'
import { receiptSource } from '../receipt.tsx'

/** `waiting`: those that the log has not reached yet. */
type Progress = { done: number; bad: string[]; waiting: number }

/**
 * Goes through the receipts of all movements in sight, one after the other. What it says is of these
 * movements alone: others need another instance, so its `key` is their ids.
 */
export function VerifyAll({ transfers }: { transfers: readonly Transfer[] }) {
  const [progress, setProgress] = useState<Progress | null>(null)
  const [error, setError] = useState<string | null>(null)
  const ending = useRef(new AbortController())
  useEffect(() => () => ending.current.abort(), [])
  const run = async () => {
    const { signal } = ending.current
    const keys = await receiptSource.keys(signal)
    const bad: string[] = []
    let waiting = 0
    for (const [index, { transfer_id: id }] of transfers.entries()) {
      setProgress({ done: index, bad, waiting })
      const receipt = await receiptSource.receipt(id, signal).catch((fault: unknown) => {
        if (asApiError(fault).code === 'NOT_YET_LOGGED') return null
        throw fault
      })
      if (receipt === null) {
        waiting += 1
        continue
      }
      const findings = await verifyReceipt(receipt, keys)
      if (!findings.every(({ isGood }) => isGood)) bad.push(id)
    }
    setProgress({ done: transfers.length, bad, waiting })
  }
  const start = () => {
    setError(null)
    run().catch((fault: unknown) => setError(asApiError(fault).message))
  }
  const isDone = progress?.done === transfers.length
  return (
    <div class="verify-all">
      <button
        type="button"
        class="small"
        onClick={start}
        disabled={progress !== null && !isDone && error === null}
      >
        Verify all {transfers.length} in sight
      </button>
      {progress !== null && !isDone && error === null && (
        <progress max={transfers.length} value={progress.done} aria-label="Receipts verified" />
      )}
      <span role="status">{error ?? (isDone && resultOf(progress))}</span>
    </div>
  )
}

function resultOf({ done, bad, waiting }: Progress): string {
  if (bad.length > 0) return `${bad.length} do not hold: ${bad.join(', ')}`
  const rest = waiting > 0 ? ` ${waiting} are not in the log yet.` : ''
  return `${done - waiting} receipts hold.${rest}`
}
