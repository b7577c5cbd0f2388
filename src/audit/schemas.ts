import { Type } from '@sinclair/typebox'
import { PageQuery, pageOf } from '../http/pagination.ts'
import { Timestamp, TimestampInput, line, nullable, ref, strictObject } from '../http/schemas.ts'

const Hash = Type.String({
  description: 'SHA-256 in base64.',
  examples: ['n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg='],
})
const Size = Type.Integer({ description: 'How many records the log had.', examples: [1000] })

/** Records are answered unchanged, because the caller hashes them. */
const Anything = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  examples: [{ key_id: 'k3Jd82Lq' }],
})

const recordFields = {
  seq: Type.Integer({ description: 'Counts from 0, without gaps.', examples: [1041] }),
  timestamp: Timestamp,
  event: Type.String({ examples: ['customer.created'] }),
  actor: Type.String({
    description:
      '`admin:<token id>`, `internal:<token id>`, `key:<key id>`, `cli:<name>`, `portal:<session id>`, `stripe` or `system`; the id of a token of the environment is the first 8 hex digits of its SHA-256.',
    examples: ['admin:1f9a3b07'],
  }),
  subject: Type.String({ examples: ['cust_4fGh7KqL9mNp2RsT'] }),
  ip: nullable(Type.String({ examples: ['198.51.100.7'] })),
  metadata: Anything,
}

export const AuditRecord = Type.Object(recordFields, {
  $id: 'AuditRecord',
  description:
    'Shows personal values instead of their commitments, `sha256:<hex>`, while the values are kept.',
})

export const AuditPage = pageOf(ref(AuditRecord), 'AuditPage')

export const AuditCheckpoint = Type.Object(
  {
    size: Size,
    root: Hash,
    issued_at: Timestamp,
    token: Type.String({
      description:
        'The statement itself: a JWT (RS256, `typ: "audit-checkpoint+jwt"`, claims `iss, iat, size, root`), signed with a key of the JWKS.',
      examples: ['eyJhbGciOiJSUzI1NiIsInR5cCI6ImF1ZGl0LWNoZWNrcG9pbnQrand0Iiwia2lkIjoi…'],
    }),
  },
  { $id: 'AuditCheckpoint' },
)

export const AuditProof = Type.Object(
  { size: Size, root: Hash, proof: Type.Array(Hash) },
  { $id: 'AuditProof' },
)

export const Receipt = Type.Object(
  {
    record: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'The leaf: its hash is that of this object as canonical JSON (RFC 8785).',
      examples: [{ seq: 999, event: 'funds.topped_up' }],
    }),
    index: Type.Integer({ description: 'The number of the record in the log.', examples: [999] }),
    size: Size,
    proof: Type.Array(Hash),
    checkpoint: ref(AuditCheckpoint),
  },
  { $id: 'Receipt' },
)

export const auditSchemas = [AuditRecord, AuditPage, AuditCheckpoint, AuditProof, Receipt]

export const ListAuditQuery = strictObject({
  ...PageQuery,
  as_logged: Type.Optional(
    Type.Boolean({
      description:
        'Show commitments instead of values. Each record, as canonical JSON, is then its leaf.',
    }),
  ),
  event: Type.Optional(line(64, { examples: ['customer.created'] })),
  actor: Type.Optional(line(128, { examples: ['admin:1f9a3b07'] })),
  subject: Type.Optional(
    line(255, {
      description: 'For example `cust_…` or `acct_…`. A user’s id stands for the user’s account.',
      examples: ['cust_4fGh7KqL9mNp2RsT'],
    }),
  ),
  from: Type.Optional(TimestampInput),
  to: Type.Optional({ ...TimestampInput, description: 'Before this time.' }),
})

const Count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [1000] })

export const ProofQuery = strictObject({
  size: { ...Count, description: 'The size of a tree.' },
  index: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'The number of a record in it.',
      examples: [999],
    }),
  ),
})
