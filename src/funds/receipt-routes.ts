import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { presentCheckpoint } from '../audit/checkpoints.ts'
import { Receipt } from '../audit/schemas.ts'
import { prefersText } from '../http/accept.ts'
import { ref } from '../http/schemas.ts'
import { placeOf } from './ids.ts'
import type { Reading } from './reading.ts'
import { receiptOf, receiptProof } from './receipts.ts'
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
        description:
          'With `accept: text/plain` the answer is a tlog-proof (C2SP), which proves the record against ' +
          'the published checkpoint and its witnesses. The proof’s `extra` is the record.',
        params: TransferParams,
        response: { 200: ref(Receipt) },
      },
      config: {
        permission,
        portal: 'read',
        refusals: ['TRANSFER_NOT_FOUND', 'NOT_YET_LOGGED', 'LOG_BEHIND', 'SIGNING_KEY_MISSING'],
      },
    },
    async (request, reply) => {
      const place = placeOf(request.params.transfer_id)
      void reply.header('vary', 'accept')
      if (prefersText(request.headers.accept)) {
        const text = await receiptProof(app.audit, place)
        return reply.type('text/plain; charset=utf-8').send(text as never)
      }
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
