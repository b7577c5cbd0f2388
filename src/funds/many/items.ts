import type { TSchema } from '@sinclair/typebox'
import type { FastifySchemaValidationError } from 'fastify'
import type { Identity } from '../../auth/identity.ts'
import { requireGranted } from '../../auth/permission.ts'
import type { Actor } from '../../audit/record.ts'
import { refusalOfFaults } from '../../http/errors.ts'
import { invalid } from '../../http/schemas.ts'
import { namingAllFaults } from '../../http/validation.ts'
import { Refusal } from '../../refusals/index.ts'
import { slices } from '../../scheduling/slices.ts'
import { type BodyOf, OPS, OP_NAMES, type OpName, movementOf } from '../asked.ts'
import type { Movement } from '../operations.ts'
import { HoldParams } from '../schemas.ts'

/** A transfer of a batch that may be carried out. */
export interface Item {
  op: OpName
  movement: Movement
}

interface Caller {
  actor: Actor
  identity: Pick<Identity, 'permissions' | 'cap'>
}

type Check = (data: unknown) => void

const checks = new Map<TSchema, Check>()

/**
 * What each item asks for, or why the call alone would be refused before it reaches the ledger. Others
 * have their turn in between.
 */
export async function readTransfers(
  given: readonly unknown[],
  caller: Caller,
): Promise<(Item | Refusal)[]> {
  const items: (Item | Refusal)[] = []
  const pause = slices()
  for (const one of given) {
    await pause()
    try {
      items.push(itemOf(one, caller))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      items.push(error)
    }
  }
  return items
}

/** @throws Refusal */
function itemOf(given: unknown, { actor, identity }: Caller): Item {
  if (given instanceof Refusal) throw given
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('/', 'must be object')
  }
  const { op: name, ...fields } = given as { op?: unknown }
  if (!isOp(name)) {
    throw invalid('/op', name === undefined ? 'is required' : `must be ${OP_NAMES.join(', ')}`)
  }
  const { body, permission, namesHold } = OPS[name]
  // Before what it says is looked at, as for the call alone.
  requireGranted(identity.permissions, permission)
  let holdId: string | undefined
  if (namesHold) {
    const { hold_id, ...others } = fields as { hold_id?: unknown }
    check(HoldParams, hold_id === undefined ? {} : { hold_id })
    holdId = hold_id as string
    check(body, others)
    return { op: name, movement: movement(name, others as BodyOf<typeof name>) }
  }
  check(body, fields)
  return { op: name, movement: movement(name, fields as BodyOf<typeof name>) }

  function movement<Name extends OpName>(op: Name, valid: BodyOf<Name>): Movement {
    const { idempotency_key: idempotencyKey = null } = valid as { idempotency_key?: string }
    return movementOf(op, valid, { actor, cap: identity.cap, idempotencyKey }, holdId)
  }
}

function isOp(name: unknown): name is OpName {
  return typeof name === 'string' && Object.hasOwn(OPS, name)
}

/** By the very schema of the call, compiled once. */
function check(schema: TSchema, data: unknown): void {
  let known = checks.get(schema)
  if (known === undefined) {
    const validate = namingAllFaults({ schema, method: '', url: '' }) as {
      (data: unknown): boolean
      errors?: FastifySchemaValidationError[] | null
    }
    known = (value) => {
      if (!validate(value)) throw refusalOfFaults(validate.errors ?? [])
    }
    checks.set(schema, known)
  }
  known(data)
}
