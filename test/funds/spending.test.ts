import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fingerprint } from '../../src/http/idempotency.ts'
import type { Moved, Movement, Place } from '../../src/funds/operations.ts'
import { Refusal } from '../../src/refusals/index.ts'
import { settableClock } from '../support/clock.ts'
import { counts } from '../support/counts.ts'
import { createDatabase } from '../support/database.ts'
import { assertSound } from '../support/ledger.ts'
import { scaled } from '../support/scale.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { type Command, type Terms, spendingModel } from './spending-model.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Past the hour, so that hours and days end between the whole hours by which the clock is set. */
const PAST_MS = 600_000

const amount = fc.integer({ min: 1, max: 40 })
const which = fc.nat(1_000)
const maybeAmount = fc.option(amount, { nil: undefined })
const reference = fc.constantFrom('a/1', 'a/2', 'b')
/** Half hours: nothing ends in the moment to which the clock is set. */
const hours = fc.constantFrom(0.5, 1.5, 1.5, 2.5, 30.5)

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('top_up' as const), amount }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('deduct' as const), amount, reference }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('hold' as const), amount, reference, hours }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('grant' as const),
      amount,
      priority: fc.constantFrom(0, 50, 50),
      hours: fc.option(hours, { nil: null }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('refund', 'capture'),
      which,
      amount: maybeAmount,
    }),
  },
  fc.record({ kind: fc.constant('dispute' as const), amount, reference }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('release', 'void', 'settle'), which }),
  },
)

/** By how much the clock is set on before a batch, and which process has it. */
const step = fc.record({
  hours: fc.constantFrom(0, 0, 0, 1, 1, 2, 24, 170, -1, -24),
  replica: fc.nat(1),
  batch: fc.array(command, { minLength: 1, maxLength: 6 }),
})

const budget = fc.record({
  window: fc.constantFrom('hour', 'day', 'total'),
  amount: fc.integer({ min: 20, max: 150 }),
  prefix: fc.constantFrom('', 'a/'),
  isHard: fc.boolean(),
})

const terms: fc.Arbitrary<Terms> = fc.record({
  credit: fc.constantFrom(0, 0, 30),
  budgets: fc.array(budget, { maxLength: 3 }),
})

test('grants, budgets, holds and refunds end as in a simple model, wherever the clock is set', async (t) => {
  counts(t, {
    promise: '4, 21, 23',
    what: 'Stories of grants, budgets, holds and refunds on a clock that is set',
    trials: scaled(2_000, 16, 300),
  })
  const database = await createDatabase()
  t.after(() => database.drop())
  const setClock = await settableClock(database)
  const replicas = [await startService(t, {}, database), await startService(t, {}, database)]
  const [service] = replicas
  assert.ok(service)
  let run = 0

  await fc.assert(
    fc.asyncProperty(
      terms,
      fc.array(step, { minLength: 1, maxLength: 12 }),
      async (given, steps) => {
        const userId = `user${run++}`
        const call = async (method: string, path: string, body?: object) => {
          const answer = await service.asInternal(method, path, body)
          assert.ok(answer.status < 300, JSON.stringify(answer.body))
          return answer.body
        }
        const begin = DAY - (Date.now() % DAY) + PAST_MS
        await setClock(begin)
        await call('POST', '/account', { user_id: userId, tier: 'pro' })
        await call('PATCH', `/account/${userId}`, { credit_limit: given.credit })
        for (const [index, { window, amount: most, prefix, isHard }] of given.budgets.entries()) {
          await call('PUT', `/account/${userId}/budgets/b${index}`, {
            amount: most,
            window,
            mode: isHard ? 'hard' : 'soft',
            match: prefix === '' ? {} : { reference_prefix: prefix },
          })
        }
        const [{ id } = { id: 0 }] = await query(
          database,
          `select id::int from accounts where user_id = '${userId}'`,
        )
        const history: [Command, number][] = []
        const charges: Place[] = []
        const holds: Place[] = []
        const grants: Place[] = []
        const modelNow = () => {
          const model = spendingModel(given)
          for (const [each, then] of history) model.apply(each, then)
          return model
        }
        let now = 0
        for (const one of steps) {
          now += one.hours
          await setClock(begin + now * HOUR)
          const targets = {
            refund: charges,
            capture: holds,
            release: holds,
            settle: holds,
            void: grants,
          }
          const model = modelNow()
          const known = one.batch.flatMap((each) => aim(each, targets) ?? [])
          const asked = known.map((each): [Command, string] => {
            const answer = model.apply(each, now)
            if (answer !== null) return [each, answer]
            const instead: Command = { kind: 'top_up', amount: 1 }
            return [instead, model.apply(instead, now) ?? '']
          })
          const commands = asked.map(([each]) => each)
          const clock = Date.now() + begin + now * HOUR
          const { app } = replicas[one.replica] ?? service
          const outcomes = await Promise.allSettled(
            commands.map((each) =>
              app.funds.move(movementOf(each, { userId, id }, { ...targets, clock })),
            ),
          )
          const answers: readonly string[] = outcomes.map(describe)
          const answersIn = (order: readonly number[]) => {
            const again = modelNow()
            return new Map(order.map((index) => [index, again.apply(at(commands, index), now)]))
          }
          const fits = (order: readonly number[]) => {
            const expected = answersIn(order)
            return answers.every((answer, index) => answer === expected.get(index))
          }
          const order: readonly number[] | undefined = ordersOf(commands).find(fits)
          if (order === undefined) {
            assert.deepEqual(
              answers,
              asked.map(([, answer]) => answer),
              `${JSON.stringify(commands)} at ${now}`,
            )
            continue
          }
          for (const index of order) {
            history.push([at(commands, index), now])
            const outcome = at(outcomes, index)
            if (outcome.status === 'rejected') continue
            const { transfer, replayed } = outcome.value
            if (replayed) continue
            if (transfer.kind === 'deduct' || transfer.kind === 'capture') charges.push(transfer)
            if (transfer.kind === 'hold') holds.push(transfer)
            const made = transfer.kind === 'grant' || transfer.kind === 'refund'
            for (const [seq] of made ? (transfer.grants ?? []) : []) {
              if (seq > grants.length) grants.push({ ...transfer, seq: BigInt(seq) })
            }
          }

          const standing = await call('GET', `/balance/${userId}`)
          const list = await call('GET', `/account/${userId}/grants?limit=200`)
          const budgets = await call('GET', `/account/${userId}/budgets`)
          const seen = modelNow()
          const state = seen.state(now)
          assert.deepEqual(
            {
              balance: standing.balance,
              held: standing.held,
              granted: standing.granted,
              remaining: list.data
                .map((item: { remaining: number }) => item.remaining)
                .toReversed(),
              used: budgets.data.toSorted(byId).map((item: BudgetSeen) => item.used),
            },
            state,
            `at ${now}`,
          )
          const check = await call('POST', '/check', {
            user_id: userId,
            amount: 7,
            reference: 'a/1',
          })
          assert.equal(check.code, seen.check('a/1', 7, now))
        }
      },
    ),
    { numRuns: scaled(2_000, 16, 300), endOnFailure: true },
  )
  // No record on the way is below a floor either.
  assert.deepEqual(await query(database, 'select 1 from transfers where available_after < 0'), [])
  await assertSound(database)
})

type Named = Record<'refund' | 'capture' | 'release' | 'settle' | 'void', Place[]>

/**
 * The orders that a batch may be done in, first the one in which it was sent. If the account is locked, calls
 * wait in two lines: those that name the user, and those that name something of the account.
 */
function ordersOf(commands: readonly Command[]): number[][] {
  const indexes = commands.map((_, index) => index)
  const isOfPlace = (index: number) =>
    'which' in at(commands, index) || at(commands, index).kind === 'dispute'
  return [
    indexes,
    ...merged(
      indexes.filter((index) => !isOfPlace(index)),
      indexes.filter(isOfPlace),
    ),
  ]
}

/** All orders of both that keep the order of each. */
function merged(left: readonly number[], right: readonly number[]): number[][] {
  const [first, ...others] = left
  const [begin, ...rest] = right
  if (first === undefined || begin === undefined) return [[...left, ...right]]
  return [
    ...merged(others, right).map((order) => [first, ...order]),
    ...merged(left, rest).map((order) => [begin, ...order]),
  ]
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert.ok(item !== undefined)
  return item
}

/** What a command refers to was there before its batch. */
function aim(each: Command, targets: Named): Command | null {
  if (!('which' in each)) return each
  const { length } = targets[each.kind]
  return length === 0 ? null : { ...each, which: each.which % length }
}

function movementOf(
  one: Command,
  { userId, id }: { userId: string; id: unknown },
  named: Named & { clock: number },
): Movement {
  const notes = {
    reason: null,
    reference: 'reference' in one ? one.reference : null,
    metadata: null,
    idempotencyKey: null,
    fingerprint: fingerprint(one.kind),
    actor: { id: 'system', ip: null },
  }
  const asked = 'amount' in one && one.amount !== undefined ? BigInt(one.amount) : null
  const place = 'which' in one ? named[one.kind][one.which]! : { accountId: 0n, seq: 0n }
  switch (one.kind) {
    case 'deduct':
    case 'top_up':
      return { ...notes, kind: one.kind, userId, amount: BigInt(one.amount) }
    case 'hold':
      return {
        ...notes,
        kind: 'hold',
        userId,
        amount: BigInt(one.amount),
        expiresInMs: one.hours * HOUR,
      }
    case 'grant': {
      const expiresAt = one.hours === null ? null : new Date(roundedTo(named.clock, one.hours))
      const { priority } = one
      const granted = { userId, amount: BigInt(one.amount), priority, category: null, expiresAt }
      return { ...notes, kind: 'grant', ...granted }
    }
    case 'refund':
      return { ...notes, kind: 'refund', charge: place, amount: asked }
    case 'capture':
      return { ...notes, kind: 'capture', hold: place, amount: asked }
    case 'dispute': {
      const charge = { accountId: BigInt(String(id)), seq: 1n }
      return { ...notes, kind: 'hold', charge, amount: BigInt(one.amount) }
    }
    case 'release':
      return { ...notes, kind: 'release', hold: place }
    case 'settle':
      return { ...notes, kind: 'release', hold: place, isAny: true }
    case 'void':
      return { ...notes, kind: 'void', grant: place }
  }
}

/** The same for all grants of a run that end at the same time in the model. */
function roundedTo(clock: number, ahead: number): number {
  return Math.floor((clock - PAST_MS) / HOUR) * HOUR + PAST_MS + ahead * HOUR
}

function describe(outcome: PromiseSettledResult<Moved>): string {
  if (outcome.status === 'rejected') {
    if (outcome.reason instanceof Refusal) return outcome.reason.code
    throw outcome.reason
  }
  const { balanceAfter, availableAfter, grants } = outcome.value.transfer
  const pieces = (grants ?? []).map(([seq, part]) => [seq - 1, part])
  return `${balanceAfter}/${availableAfter} ${JSON.stringify(pieces)}`
}

interface BudgetSeen {
  budget_id: string
  used: number
}

/** The model numbers budgets; a list of them begins with the newest. */
function byId(a: BudgetSeen, b: BudgetSeen): number {
  return a.budget_id < b.budget_id ? -1 : 1
}
