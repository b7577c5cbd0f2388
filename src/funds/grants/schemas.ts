import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../../http/pagination.ts'
import { Timestamp, TimestampInput, line, nullable, ref, strictObject } from '../../http/schemas.ts'
import { Amount, Notes, UserId, UserName } from '../schemas.ts'
import type { Grant as GrantState } from './grant.ts'
import { spelled } from '../../http/patterns.ts'

const Status = Type.Unsafe<GrantState['status']>({
  title: 'GrantStatus',
  type: 'string',
  enum: ['active', 'spent', 'expired', 'voided'],
})

const GrantId = Type.String({
  pattern: spelled(
    '^grant_[1-9]\\d{0,17}_[1-9]\\d{0,17}$',
    'the id of a grant, such as grant_42_1',
  ),
  examples: ['grant_42_1'],
})

export const Grant = Type.Object(
  {
    grant_id: GrantId,
    user_id: UserName,
    amount: Type.Integer({ description: 'What was granted.', examples: [500] }),
    remaining: Type.Integer({
      description: 'What is left of it in the balance; 0 of one that was voided or has expired.',
      examples: [300],
    }),
    priority: Type.Integer({ examples: [50] }),
    category: nullable(Type.String({ examples: ['promotion'] })),
    status: Status,
    expires_at: nullable(Timestamp),
    created_at: Timestamp,
  },
  { $id: 'Grant' },
)

export const GrantPage = pageOf(ref(Grant), 'GrantPage')

export const GrantParams = Type.Object({ grant_id: GrantId })

export const ListGrantsQuery = strictObject({ ...PageQuery, status: Type.Optional(Status) })

const { reference, metadata, idempotency_key } = Notes

export const GrantBody = strictObject(
  {
    user_id: UserId,
    amount: Amount,
    expires_at: Type.Optional({
      ...TimestampInput,
      description: 'From this millisecond on it does not count; it never expires if not given.',
    }),
    priority: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: 'The lowest is spent first; 50 if not given.',
        examples: [50],
      }),
    ),
    category: Type.Optional(line(100, { examples: ['promotion'] })),
    reference,
    metadata,
    idempotency_key,
  },
  {
    examples: [
      {
        user_id: 'user-123',
        amount: 500,
        category: 'promotion',
        expires_at: '2027-01-01T00:00:00Z',
      },
    ],
  },
)

export const VoidBody = strictObject(Notes, { examples: [{ reason: 'given by mistake' }] })
