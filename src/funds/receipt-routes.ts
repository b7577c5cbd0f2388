import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentCheckpoint } from '../audit/checkpoints.ts'
import { Receipt } from '../audit/schemas.ts'
import { ref } from '../http/schemas.ts'
import { placeOf } from './ids.ts'
import type { Reading } from './reading.ts'
import { receiptOf } from './receipts.ts'
import { TransferParams } from './schemas.ts'

/** Proof of a charge: for the user, and for operators. */
export const receiptRoutes: FastifyPluginAsyncTypebox<Reading> = async (
  app,
  { permission, ids },
) => {
  app.get(
    '/transfers/:transfer_id/receipt',
    {
      schema: {
        operationId: ids.receipt,
        summary: 'Prove a transfer offline, to anyone',
        params: TransferParams,
        response: { 200: ref(Receipt) },
      },
      config: {
        permission,
        portal: 'read',
        refusals: ['TRANSFER_NOT_FOUND', 'NOT_YET_LOGGED', 'SIGNING_KEY_MISSING'],
      },
    },
    async (request) => {
      const place = placeOf(request.params.transfer_id)
      const receipt = await receiptOf(app.audit, place)
      return {
        record: { ...receipt.record },
        index: receipt.index,
        size: receipt.size,
        proof: receipt.proof.map((hash) => hash.toString('base64')),
        checkpoint: presentCheckpoint(receipt.checkpoint),
      }
    },
  )
}
