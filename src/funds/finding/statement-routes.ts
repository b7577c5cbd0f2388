import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import {
  Metadata,
  Timestamp,
  TimestampInput,
  nullable,
  ref,
  strictObject,
  timesOf,
} from '../../http/schemas.ts'
import { Transfer, UserParams } from '../schemas.ts'
import type { Reading } from '../reading.ts'
import { statementRange } from './statement.ts'
import { statementCsv, statementJson } from './statement-text.ts'

const { transfer_id, kind, target_id, balance_after, created_at } = Transfer.properties

const StatementMovement = Type.Object(
  {
    transfer_id,
    kind,
    target_id,
    amount: Type.Integer({
      description: 'What it did to the balance: below zero for what was taken.',
      examples: [-500],
    }),
    balance_after,
    reason: nullable(Type.String({ examples: ['1,200 tokens'] })),
    reference: nullable(Type.String({ examples: ['job-77'] })),
    metadata: nullable(Metadata),
    idempotency_key: nullable(Type.String({ examples: ['order-1001'] })),
    created_at,
  },
  { title: 'StatementMovement' },
)

export const Statement = Type.Object(
  {
    user_id: Type.String({ examples: ['user-123'] }),
    asset: Type.String({ examples: ['USD/2'] }),
    from: Timestamp,
    to: Timestamp,
    opening: Type.Integer({ description: 'The balance before `from`.', examples: [1000] }),
    movements: Type.Array(StatementMovement, { description: 'Oldest first; holds move nothing.' }),
    closing: Type.Integer({
      description: '`opening` plus the amounts of all movements.',
      examples: [500],
    }),
  },
  { $id: 'Statement' },
)

const StatementQuery = strictObject({
  from: Type.Optional({
    ...TimestampInput,
    description: 'From this time on; from the beginning if not given.',
  }),
  to: Type.Optional({
    ...TimestampInput,
    description:
      'Before this time, or until now if that is earlier; until now if not given. The answer’s `to` says ' +
      'which.',
  }),
  format: Type.Optional(
    Type.Unsafe<'json' | 'csv'>({ type: 'string', enum: ['json', 'csv'], default: 'json' }),
  ),
})

/** What became of a user's balance in a time. */
export const statementRoutes: FastifyPluginAsyncTypebox<Reading> = async (
  app,
  { account, permission, ids },
) => {
  app.get(
    `${account}/statement`,
    {
      // A HEAD request would read everything for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: ids.statement,
        summary: "A statement of a user's account",
        description:
          'The balance before `from`, everything that changed it before `to`, and the balance then, which ' +
          'is the sum of both. It is sent while it is read, however long it is. With `format=csv` it has ' +
          'a row for each movement, the first being `opening` and the last `closing`: one that ends ' +
          'without is not whole. Statements whose `from` is the `to` of the one before have each movement ' +
          'once, and a statement of the same times says the same whenever it is asked for.',
        params: UserParams,
        querystring: StatementQuery,
        response: { 200: ref(Statement) },
      },
      config: { permission, portal: 'read', refusals: ['ACCOUNT_NOT_FOUND', 'ACCOUNT_BUSY'] },
    },
    async (request, reply) => {
      const userId = (request.userId = request.params.user_id)
      const { format = 'json' } = request.query
      const range = await statementRange(app.db, userId, timesOf(request.query))
      const isCsv = format === 'csv'
      const pieces = (isCsv ? statementCsv : statementJson)(app.db, range)
      const type = isCsv ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8'
      void reply.type(type)
      if (isCsv) void reply.header('content-disposition', 'attachment; filename="statement.csv"')
      return reply.send(Readable.from(pieces) as never)
    },
  )
}
