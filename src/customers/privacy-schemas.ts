import { type TSchema, Type } from '@sinclair/typebox'
import { CustomerId, Timestamp, nullable, ref } from '../http/schemas.ts'
import type { ExportPart } from '../privacy/personal.ts'
import { Customer } from './schemas.ts'

export const ErasedCustomer = Type.Object(
  { customer_id: CustomerId, erased_at: Timestamp },
  { $id: 'ErasedCustomer' },
)

/** The erasure takes longer and continues. */
export const ErasingCustomer = Type.Object(
  { customer_id: CustomerId, status: Type.Literal('erasing') },
  { $id: 'ErasingCustomer' },
)

/** The answer for a repetition of the call that created the customer. */
const Creation = Type.Object({
  idempotency_key: Type.String({ examples: ['order-1001'] }),
  answer: ref(Customer),
})

/** @param parts of capabilities, after the customer's own */
export function customerExport(parts: readonly ExportPart[]): TSchema {
  return Type.Object(
    {
      exported_at: Timestamp,
      customer: ref(Customer),
      creation: nullable(Creation),
      account: Type.Union([Type.Ref('AccountExport'), Type.Null()], {
        description: 'The account that has paid for the usage; null if there is none.',
      }),
      ...Object.fromEntries(parts.map(({ name, schema }) => [name, schema])),
    },
    { $id: 'CustomerExport' },
  )
}
