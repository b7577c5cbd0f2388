import { Type } from '@sinclair/typebox'
import { strictObject } from '../../http/schemas.ts'
import { OP_NAMES, type OpName } from '../asked.ts'
import { CaptureBody, HoldBody, HoldParams, MovementBody, RefundBody } from '../schemas.ts'

/** Items of a batch. */
export const TRANSFERS_MAX = 1_000

/**
 * What is documented of an item: all fields that the calls have, of which each takes its own. It is
 * validated by the schema of the call it names.
 */
const BatchTransfer = Type.Object(
  {
    op: Type.Unsafe<OpName>({
      title: 'TransferOp',
      type: 'string',
      enum: OP_NAMES,
      description: 'The call: `hold`, `capture` and `release` are those of `/holds`.',
    }),
    user_id: Type.Optional({
      ...MovementBody.properties.user_id,
      description: 'Of `deduct`, `top_up` and `hold`.',
    }),
    transfer_id: Type.Optional({
      ...RefundBody.properties.transfer_id,
      description: 'Of `refund`: the charge.',
    }),
    hold_id: Type.Optional({
      ...HoldParams.properties.hold_id,
      description: 'Of `capture` and `release`.',
    }),
    amount: Type.Optional({
      ...CaptureBody.properties.amount,
      description:
        "In the smallest unit of the account's asset; `refund` and `capture` take all there is without it.",
    }),
    expires_in_s: HoldBody.properties.expires_in_s,
    reason: MovementBody.properties.reason,
    reference: MovementBody.properties.reference,
    metadata: MovementBody.properties.metadata,
    idempotency_key: MovementBody.properties.idempotency_key,
  },
  { title: 'BatchTransfer' },
)

export const TransferBatchBody = strictObject(
  {
    transfers: Type.Array(BatchTransfer, { minItems: 1, maxItems: TRANSFERS_MAX }),
    atomic: Type.Optional(
      Type.Boolean({
        description: 'All or none, also over several accounts; false if not given.',
      }),
    ),
  },
  {
    examples: [
      {
        transfers: [
          { op: 'deduct', user_id: 'user-123', amount: 500, idempotency_key: 'job-77' },
          { op: 'hold', user_id: 'user-123', amount: 2000, idempotency_key: 'job-78' },
        ],
      },
    ],
  },
)

const TransferResult = Type.Object(
  {
    status: Type.Integer({
      maximum: 599,
      description: 'Of HTTP, as the call alone would have it.',
      examples: [200],
    }),
    body: Type.Object(
      {},
      {
        title: 'TransferResultBody',
        additionalProperties: true,
        description:
          'What the call alone answers: a movement, a hold, or an error with its `code`.',
        examples: [{ transfer_id: 'tr_42_7', amount: 500, balance: 500 }],
      },
    ),
    replayed: Type.Optional(
      Type.Literal(true, {
        description: 'The key had been used for this transfer: the answer is the first one.',
      }),
    ),
  },
  { title: 'TransferResult' },
)

export const TransferBatch = Type.Object(
  { results: Type.Array(TransferResult, { description: 'In the order of the transfers.' }) },
  { $id: 'TransferBatch' },
)
