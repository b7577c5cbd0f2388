import { Type } from '@sinclair/typebox'
import { Account, Hold, Transfer } from './schemas.ts'
import { Budget } from './budgets/schemas.ts'
import { Grant } from './grants/schemas.ts'
import { Timestamp, nullable, ref } from '../http/schemas.ts'
import type { ExportPart } from '../privacy/personal.ts'

export const ErasedAccount = Type.Object(
  { user_id: Type.String({ examples: ['user-123'] }), erased_at: Timestamp },
  { $id: 'ErasedAccount' },
)

/** The erasure takes longer and continues. */
export const ErasingAccount = Type.Object(
  { user_id: Type.String({ examples: ['user-123'] }), status: Type.Literal('erasing') },
  { $id: 'ErasingAccount' },
)

/** @param parts of capabilities, after the ledger's own */
export function accountExport(parts: readonly ExportPart[]) {
  return Type.Object(
    {
      exported_at: Timestamp,
      account: Type.Omit(Account, ['available', 'granted', 'next_expiry']),
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
      grants: Type.Array(ref(Grant)),
      budgets: Type.Array(ref(Budget)),
      ...Object.fromEntries(parts.map(({ name, schema }) => [name, schema])),
    },
    { $id: 'AccountExport' },
  )
}
