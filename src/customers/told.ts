import { Type } from '@sinclair/typebox'
import { type EventType, type EventsOfRecord, type Told, asRecorded } from '../events/types.ts'
import { CustomerId, nullable } from '../http/schemas.ts'
import { KeyId } from './api-keys/schemas.ts'

const CUSTOMER = 'cust_4fGh7KqL9mNp2RsT'
const KEY = 'k3Jd82Lq'
const PlanName = nullable(Type.String({ examples: ['starter'] }))
const Changed = Type.Array(Type.String({ examples: ['plan'] }), {
  description: 'The names of the fields that the call gave.',
})

const types = {
  'customer.created': {
    summary: 'A customer was created.',
    data: Type.Object({ customer_id: CustomerId, plan: PlanName }),
    example: { customer_id: CUSTOMER, plan: 'starter' },
  },
  'customer.updated': {
    summary: 'A customer was changed, suspended or reinstated.',
    data: Type.Object({
      customer_id: CustomerId,
      changed: Changed,
      plan: Type.Optional(PlanName),
      status: Type.Optional(Type.String({ examples: ['suspended'] })),
    }),
    example: { customer_id: CUSTOMER, changed: ['status'], status: 'suspended' },
  },
  'customer.exported': {
    summary: 'The personal data of a customer, or of the user of an account, was exported.',
    data: Type.Object({
      customer_id: nullable(CustomerId),
      user_id: Type.Optional(nullable(Type.String({ examples: ['user-123'] }))),
      asset: Type.Optional(Type.String({ examples: ['USD/2'] })),
    }),
    example: { customer_id: CUSTOMER },
  },
  'customer.erased': {
    summary: 'The personal data of a customer was erased.',
    data: Type.Object({
      customer_id: CustomerId,
      keys_revoked: Type.Integer(),
      licenses_revoked: Type.Integer(),
    }),
    example: { customer_id: CUSTOMER, keys_revoked: 1, licenses_revoked: 0 },
  },
  'api_key.created': {
    summary: 'An API key was issued.',
    data: Type.Object({ customer_id: CustomerId, key_id: KeyId }),
    example: { customer_id: CUSTOMER, key_id: KEY },
  },
  'api_key.rotated': {
    summary: 'An API key was replaced. Both keys are valid during the overlap.',
    data: Type.Object({
      customer_id: CustomerId,
      key_id: KeyId,
      new_key_id: KeyId,
      overlap_seconds: Type.Integer(),
    }),
    example: {
      customer_id: CUSTOMER,
      key_id: KEY,
      new_key_id: 'pQ7rS8tU',
      overlap_seconds: 3600,
    },
  },
  'api_key.revoked': {
    summary: 'An API key was revoked.',
    data: Type.Object({ customer_id: CustomerId, key_id: KeyId }),
    example: { customer_id: CUSTOMER, key_id: KEY },
  },
} as const satisfies Record<string, EventType>

/** The log names fields as the code does; events use the names of the API. */
const updated: EventsOfRecord = (record) => {
  const changed = (record.metadata['changed'] as string[] | undefined) ?? []
  const metadata = { ...record.metadata, changed: changed.map(snakeCase) }
  return asRecorded(
    'customer.updated',
    types['customer.updated'],
    'customer_id',
  )({
    ...record,
    metadata,
  })
}

const exported: EventsOfRecord = ({ subject }) => {
  const customer_id = subject.startsWith('cust_') ? subject : null
  return [{ type: 'customer.exported', data: { customer_id } }]
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export const toldOfCustomers: Told = {
  types,
  records: {
    ...Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, asRecorded(name, type, 'customer_id')]),
    ),
    'customer.updated': updated,
    'customer.exported': exported,
  },
}
