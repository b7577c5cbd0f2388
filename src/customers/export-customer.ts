import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Actor, recordAudit } from '../audit/record.ts'
import type { Database } from '../database/index.ts'
import { accountOfCustomer, accountParts } from '../funds/export-account.ts'
import { Nested, jsonDocument } from '../privacy/document.ts'
import { lockCustomer } from './living.ts'
import { peopleOf } from './people.ts'
import { presentCustomer } from './present.ts'
import { type CustomerRow, getCustomer } from './service.ts'
import { standings } from './standing.ts'

/**
 * Everything that is stored about a customer, read while it is sent. The audit record is written
 * first, because no data may leave without it.
 * @throws Refusal `CUSTOMER_NOT_FOUND`
 */
export async function exportCustomer(
  { personal, defaultPlan }: Pick<FastifyInstance, 'personal' | 'defaultPlan'>,
  db: Database,
  actor: Actor,
  id: string,
): Promise<Readable> {
  const whom = { customerId: id, accountId: null } as const
  const { customer, people, account } = await db.transaction(async (tx) => {
    await lockCustomer(tx, id)
    const found = await getCustomer(tx, id)
    await recordAudit(tx, actor, { event: 'customer.exported', subject: id })
    return {
      customer: found,
      people: await peopleOf(tx, personal, found),
      account: await accountOfCustomer(tx, personal, id),
    }
  })
  const parts = {
    exported_at: new Date().toISOString(),
    customer: presentCustomer(customer, (await standings(db, [id], defaultPlan))(id)),
    creation: exportedCreation(customer),
    account: account && new Nested(await accountParts(db, personal, account)),
    ...Object.fromEntries(
      personal.exportsOf('customer').map((part) => [part.name, part.read(db, whom, people.all)]),
    ),
  }
  // If the customer is erased meanwhile, the document would be incomplete without saying so.
  return jsonDocument(parts, async () => void (await getCustomer(db, id)))
}

/** What is stored so that repeating the call that created the customer gets the same answer. */
function exportedCreation({ idempotencyKey, idempotencyAnswer }: CustomerRow) {
  return idempotencyKey === null
    ? null
    : { idempotency_key: idempotencyKey, answer: idempotencyAnswer }
}
