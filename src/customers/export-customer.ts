import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database } from '../database/index.ts'
import { jsonDocument } from '../privacy/document.ts'
import { lockCustomer } from './living.ts'
import { peopleOf } from './people.ts'
import { presentCustomer } from './present.ts'
import { type CustomerRow, getCustomer } from './service.ts'
import { standings } from './standing.ts'

/**
 * Everything that is held on a customer, as it is read while it is sent. The audit record comes first:
 * nothing is given away without it.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function exportCustomer(
  { personal, defaultPlan }: Pick<FastifyInstance, 'personal' | 'defaultPlan'>,
  db: Database,
  actor: Actor,
  id: string,
): Promise<Readable> {
  const whom = { customerId: id, accountId: null } as const
  const { customer, people } = await db.transaction(async (tx) => {
    await lockCustomer(tx, id)
    const found = await getCustomer(tx, id)
    await recordAudit(tx, actor, { event: 'customer.exported', subject: id })
    return { customer: found, people: await peopleOf(tx, personal, found) }
  })
  const parts = {
    exported_at: new Date().toISOString(),
    customer: presentCustomer(customer, (await standings(db, [id], defaultPlan))(id)),
    creation: exportedCreation(customer),
    ...Object.fromEntries(
      personal.exportsOf('customer').map((part) => [part.name, part.read(db, whom, people.all)]),
    ),
  }
  // One that is erased meanwhile would seem to have had less.
  return jsonDocument(parts, async () => void (await getCustomer(db, id)))
}

/** What is kept so that a repetition of the call that created it gets the same answer. */
function exportedCreation({ idempotencyKey, idempotencyAnswer }: CustomerRow) {
  return idempotencyKey === null
    ? null
    : { idempotency_key: idempotencyKey, answer: idempotencyAnswer }
}
