import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest, FastifySchema, FastifySchemaCompiler } from 'fastify'
import { identityOf } from '../../auth/identity.ts'
import { actorOf } from '../../auth/scope.ts'
import { OutcomeUnknown } from '../../database/outcomes.ts'
import { attemptOf } from '../../http/outcomes/plugin.ts'
import { invalid, ref } from '../../http/schemas.ts'
import { readItems } from '../../http/strict-json-items.ts'
import { textOf } from '../../http/strict-json.ts'
import { namingAllFaults, stopAtFirstFault } from '../../http/validation.ts'
import { Refusal } from '../../refusals/index.ts'
import { slices } from '../../scheduling/slices.ts'
import { fulfilled, rejected } from '../committing.ts'
import type { Outcome } from '../ledger.ts'
import { newOperation } from '../operations.ts'
import { type Item, readTransfers } from './items.ts'
import { NotDone } from './queue.ts'
import { type Result, presentError, presentMoved, presentUndone } from './results.ts'
import { TRANSFERS_MAX, TransferBatch, TransferBatchBody } from './schemas.ts'

/** A thousand transfers with notes of some kilobytes each. */
const BATCH_BYTES_MAX = 4_194_304

/** Internal: many transfers in one call. */
export const transferBatchRoutes: FastifyPluginAsyncTypebox = async (app) => {
  readBatches(app)

  app.post(
    '/transfers/batch',
    {
      bodyLimit: BATCH_BYTES_MAX,
      validatorCompiler: withoutItems,
      schema: {
        operationId: 'moveMany',
        summary: 'Charge, top up, refund, hold, capture and release, many at once',
        description:
          'Each transfer has the result that its call alone would have: its status, its answer or its ' +
          'refusal, under its own `idempotency_key`. Only what is wrong with the list itself refuses the ' +
          'batch. Transfers of one account are made in order, unless the account is locked meanwhile. ' +
          'With `atomic`, they are made in order and in one transaction, all or none: otherwise the ' +
          'answer is a 409 `BATCH_REFUSED` with `results`, and nothing has moved. Up to 4 MiB, and no ' +
          'header `Idempotency-Key`. Each transfer needs the permission of its own call, and is a 403 in ' +
          'its result without it.',
        body: TransferBatchBody,
        response: { 200: ref(TransferBatch) },
      },
      config: {
        permission: ['funds:deduct', 'funds:hold', 'funds:refund', 'funds:top_up'],
        refusals: ['BATCH_REFUSED', 'OVERLOADED', 'ACCOUNT_BUSY'],
      },
    },
    async (request) => {
      if (request.headers['idempotency-key'] !== undefined) {
        throw invalid('/idempotency-key', 'must be left out: each transfer has a key of its own')
      }
      const { transfers, atomic = false } = request.body
      const caller = { actor: actorOf(request), identity: identityOf(request) }
      const items = await readTransfers(transfers, caller)
      return { results: await (atomic ? moveTogether : moveEach)(app, request, items) }
    },
  )
}

type Read = readonly (Item | Refusal)[]

/** Each for itself: they wait in the queue of all calls, and share its commits. */
async function moveEach(app: FastifyInstance, request: FastifyRequest, items: Read) {
  const attempt = attemptOf(request)
  const moving: Promise<Outcome | null>[] = []
  const pause = slices()
  for (const item of items) {
    await pause()
    if (item instanceof Refusal) moving.push(Promise.resolve(null))
    else moving.push(app.funds.move(item.movement, attempt, request.id).then(fulfilled, rejected))
  }
  const outcomes = await Promise.all(moving)
  // All in one go: once the time is up, what is not answered in this turn is answered for.
  return items.map((item, index) => {
    if (item instanceof Refusal) return presentError(item, request.id)
    const outcome = outcomes[index]
    if (outcome?.status === 'fulfilled') return presentMoved(item, outcome.value)
    return errorOf(outcome?.reason, request)
  })
}

/** @throws Refusal `BATCH_REFUSED` or `OUTCOME_UNKNOWN`, with the results, or why nothing was tried */
async function moveTogether(app: FastifyInstance, request: FastifyRequest, items: Read) {
  const valid = items.filter((item): item is Item => !(item instanceof Refusal))
  const operations = valid.map(({ movement }) => newOperation(movement))
  const isRefused = valid.length < items.length
  try {
    const moved = await app.funds.moveTogether(operations, isRefused, attemptOf(request))
    return valid.map((item, index): Result => {
      const one = moved[index]
      if (one === undefined) throw new Error('A transfer was not done')
      return presentMoved(item, one)
    })
  } catch (error) {
    if (error instanceof NotDone) {
      const results = presentUndone(items, error.outcomes, request.id)
      throw new Refusal('BATCH_REFUSED', { repeat: { results } })
    }
    if (!isUnknown(error)) throw error
    const results = operations.map(({ key }) => presentUnknown(key, request.id))
    throw new Refusal('OUTCOME_UNKNOWN', { repeat: { results }, cause: error })
  }
}

function presentUnknown(key: string, requestId: string): Result {
  const repeat = { idempotency_key: key }
  return presentError(new Refusal('OUTCOME_UNKNOWN', { repeat }), requestId)
}

function isUnknown(error: unknown): boolean {
  if (error instanceof OutcomeUnknown) return true
  return error instanceof Refusal && error.code === 'OUTCOME_UNKNOWN'
}

function errorOf(reason: unknown, request: FastifyRequest): Result {
  const result = presentError(reason, request.id)
  if (result.status === 500) request.log.error({ err: reason as Error }, 'Transfer failed')
  return result
}

/** Bodies are read item by item: what is wrong with one is a result of its own. */
function readBatches(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const text = textOf(request, body)
      if (text === '') return undefined
      const { outside, items } = await readItems(text, 'transfers', TRANSFERS_MAX)
      if (items !== null) (outside as Record<string, unknown>)['transfers'] = items
      return outside
    },
  )
}

/** Items are looked at one by one, in slices and by the schemas of their calls. */
const withoutItems: FastifySchemaCompiler<FastifySchema> = (definition) => {
  if (definition.httpPart !== 'body') return namingAllFaults(definition)
  const { properties, ...others } = definition.schema as typeof TransferBatchBody
  const { items: _, ...transfers } = properties.transfers
  const schema = { ...others, properties: { ...properties, transfers } }
  return stopAtFirstFault({ ...definition, schema })
}
