import { Type } from '@sinclair/typebox'
import { Account, Hold, Transfer } from '../funds/schemas.ts'
import { Timestamp, nullable } from '../http/schemas.ts'
import { ExportedEvent, ExportedRecord } from './schemas.ts'

export const ErasedAccount = Type.Object(
  { user_id: Type.String({ examples: ['user-123'] }), erased_at: Timestamp },
  { $id: 'ErasedAccount' },
)

/** A longer erasure, which goes on. */
export const ErasingAccount = Type.Object(
  { user_id: Type.String({ examples: ['user-123'] }), status: Type.Literal('erasing') },
  { $id: 'ErasingAccount' },
)

const Units = Type.Integer({ description: "In Stripe's smallest unit of the currency." })

const Payment = Type.Object({
  payment_intent: Type.String({ examples: ['pi_3MtwBwLkdIwHu7ix28a3tqPa'] }),
  transfer_id: nullable(Type.String({ examples: ['tr_42_7'] })),
  currency: Type.String({ examples: ['usd'] }),
  paid: nullable(Units),
  refunded: Units,
  lost: Units,
  updated_at: Timestamp,
})

export const AccountExport = Type.Object(
  {
    exported_at: Timestamp,
    account: Type.Omit(Account, ['available']),
    transfers: Type.Array(
      Type.Composite([
        Transfer,
        Type.Object({
          actor: Type.String({ examples: ['internal:1f2e3d4c'] }),
          ip: nullable(Type.String({ examples: ['203.0.113.7'] })),
        }),
      ]),
    ),
    holds: Type.Array(
      Type.Composite([
        Type.Pick(Hold, ['hold_id', 'amount', 'captured', 'status', 'expires_at']),
        Type.Object({ closed_at: nullable(Timestamp) }),
      ]),
    ),
    stripe_payments: Type.Array(Payment),
    stripe_events: Type.Array(ExportedEvent),
    audit_records: Type.Array(ExportedRecord),
  },
  { $id: 'AccountExport' },
)
