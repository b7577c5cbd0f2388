import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fingerprint } from '../../src/http/idempotency.ts'
import type { Movement, Place } from '../../src/funds/operations.ts'
import { verifyLedger } from '../../src/funds/verify.ts'
import { connect } from '../../src/database/connect.ts'
import { Refusal } from '../../src/refusals/index.ts'
import { counts } from '../support/counts.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { type Command, LIMIT, isBeyondLimit, modelLedger } from './model.ts'

const user = fc.constantFrom('ada', 'bob')
const amount = fc.integer({ min: 1, max: 60 })
/** Some a few units from the limit, so that sums pass it by one or just do not. */
const anyAmount = fc.oneof(
  { weight: 9, arbitrary: amount },
  { weight: 1, arbitrary: amount.map((less) => LIMIT - less) },
)
const maybeAmount = fc.option(amount, { nil: undefined })
/** Taken modulo the number of charges or holds that there are. */
const which = fc.nat(1_000)
const key = fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: undefined, freq: 3 })

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom('deduct', 'top_up', 'hold'), user, amount: anyAmount, key }),
  fc.record({ kind: fc.constantFrom('refund', 'capture'), which, amount: maybeAmount }),
  fc.record({ kind: fc.constant('release'), which }),
)

/** Each inner list is submitted at once, in its order. */
const batches = fc.array(fc.array(command, { minLength: 1, maxLength: 20 }), { maxLength: 8 })
const credit = fc.oneof(
  { weight: 3, arbitrary: fc.nat(80) },
  { weight: 1, arbitrary: fc.nat(80).map((less) => LIMIT - less) },
)
const credits = fc.record({ ada: credit, bob: credit })

test('random sequences, batched at random, end as in a simple model', async (t) => {
  counts(t, {
    promise: '5',
    what: 'Random sequences end as in a simple model',
    trials: scaled(1_000, 30),
  })
  const service = await startService(t)
  const database = { url: service.database.url, ssl: 'disable', ca: undefined } as const
  const sql = connect(database, { name: 'verify', connectionsMax: 1 })
  t.after(() => sql.end())
  const users = ['ada', 'bob'] as const
  let run = 0

  await fc.assert(
    fc.asyncProperty(batches, credits, credits, async (sequence, before, after) => {
      const prefix = `run${run++}-`
      const model = modelLedger(users)
      for (const name of users) {
        await service.asInternal('POST', '/account', { user_id: prefix + name, tier: 'pro' })
        const limit = { credit_limit: before[name] }
        await service.asInternal('PATCH', `/account/${prefix}${name}`, limit)
        model.account(name).credit = before[name]
      }

      const charges: Place[] = []
      const holds: Place[] = []
      for (const batch of sequence) {
        // What a command refers to was there before its batch.
        const commands = batch
          .map((one) => aim(one, charges.length, holds.length))
          .filter((one) => one !== null)
        const expected = commands.map((one) => model.apply(one))
        const outcomes = await Promise.allSettled(
          commands.map((one) => service.app.funds.move(movementOf(one, prefix, charges, holds))),
        )
        outcomes.forEach((outcome, index) => {
          assert.equal(describeOutcome(outcome), expected[index], JSON.stringify(commands[index]))
          if (outcome.status === 'rejected' || outcome.value.replayed) return
          const { transfer } = outcome.value
          if (transfer.kind === 'deduct' || transfer.kind === 'capture') charges.push(transfer)
          if (transfer.kind === 'hold') holds.push(transfer)
        })
      }

      for (const name of users) {
        const { body } = await service.asInternal('GET', `/balance/${prefix}${name}`)
        const { balance, held } = model.account(name)
        assert.deepEqual([body.balance, body.held], [balance, held])
        const changed = await service.asInternal('PATCH', `/account/${prefix}${name}`, {
          credit_limit: after[name],
        })
        // None of these sums is rounded: what can be deducted stays below the limit.
        const own = balance - held
        if (isBeyondLimit(balance, after[name])) assert.equal(changed.body.code, 'BALANCE_LIMIT')
        else if (own + after[name] < 0) assert.equal(changed.body.code, 'CREDIT_LIMIT_IN_USE')
        else assert.equal(changed.body.available, own + after[name])
      }
    }),
    { numRuns: scaled(1_000, 30) },
  )
  assert.deepEqual((await verifyLedger(sql)).findings, [])
})

function aim(one: Command, charges: number, holds: number): Command | null {
  if (!('which' in one)) return one
  const count = one.kind === 'refund' ? charges : holds
  return count === 0 ? null : { ...one, which: one.which % count }
}

function movementOf(one: Command, prefix: string, charges: Place[], holds: Place[]): Movement {
  const notes = {
    reason: null,
    reference: null,
    metadata: null,
    idempotencyKey: ('key' in one ? one.key : undefined) ?? null,
    fingerprint: fingerprint(one.kind, 'amount' in one ? one.amount : null),
    actor: { id: 'system', ip: null },
  }
  const asked = 'amount' in one && one.amount !== undefined ? BigInt(one.amount) : null
  switch (one.kind) {
    case 'deduct':
    case 'top_up':
      return { ...notes, kind: one.kind, userId: prefix + one.user, amount: BigInt(one.amount) }
    case 'hold': {
      const hold = { kind: one.kind, userId: prefix + one.user, amount: BigInt(one.amount) }
      return { ...notes, ...hold, expiresInMs: 3_600_000 }
    }
    case 'refund':
      return { ...notes, kind: 'refund', charge: charges[one.which]!, amount: asked }
    case 'capture':
      return { ...notes, kind: 'capture', hold: holds[one.which]!, amount: asked }
    case 'release':
      return { ...notes, kind: 'release', hold: holds[one.which]! }
  }
}

function describeOutcome(outcome: PromiseSettledResult<{ transfer: object }>): string {
  if (outcome.status === 'rejected') {
    if (outcome.reason instanceof Refusal) return outcome.reason.code
    throw outcome.reason
  }
  const { balanceAfter, availableAfter } = outcome.value.transfer as Record<string, bigint>
  return `${balanceAfter}/${availableAfter}`
}
