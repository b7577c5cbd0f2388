import { adminOperations } from '../../client/generated/operations.ts'
import { ReceiptView } from '../shared/receipt-view.tsx'
import { api } from './session.ts'

export const receiptSource = {
  receipt: (transferId: string, signal: AbortSignal) =>
    api('getFundsReceipt', { transfer_id: transferId }, { signal }),
  keys: (signal: AbortSignal) => api('getKeys', {}, { signal }),
  path: (transferId: string) =>
    adminOperations.getFundsReceipt.path.replace('{transfer_id}', encodeURIComponent(transferId)),
}

export function OperatorReceipt({ transferId }: { transferId: string }) {
  return <ReceiptView transferId={transferId} source={receiptSource} />
}
