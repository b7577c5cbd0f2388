import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Budget } from '../../src/funds/budgets/budget.ts'
import type { Controls } from '../../src/funds/controls.ts'
import { rememberedAccounts } from '../../src/funds/optimistic/remembered.ts'
import type { Account } from '../../src/funds/posting.ts'

function account(id: number, seq = 1n): Account {
  const time = new Date(0)
  return {
    id: BigInt(id),
    userId: `user-${id}`,
    asset: 'USD/2',
    status: 'active',
    balance: 100n,
    held: 0n,
    lapsed: 0n,
    granted: 0n,
    grantCount: 0n,
    budgetCount: 0,
    creditLimit: 0n,
    lowBalanceAt: null,
    autoTopUpBelow: null,
    chargedBack: false,
    isLow: false,
    seq,
    updatedAt: time,
    salt: Buffer.alloc(32),
  }
}

function withBudgets(count: number): Controls {
  const time = new Date(0)
  const budgets = Array.from({ length: count }, (_, index): Budget => {
    return {
      accountId: 1n,
      id: `b${index}`,
      amount: 100n,
      window: 'total',
      timeZone: 'UTC',
      referencePrefix: null,
      reason: null,
      mode: 'hard',
      alertAt: [],
      used: 0n,
      lapsed: 0n,
      windowStart: time,
      resetsAt: null,
      sinceSeq: 0n,
      alerted: 0,
    }
  })
  return { grants: [], budgets }
}

test('accounts of which nothing can be decided take no place', () => {
  const remembered = rememberedAccounts(8)
  remembered.put(account(1), true)
  for (let id = 2; id <= 100; id++) remembered.put(account(id), false)
  assert.equal(remembered.find('user-1')?.isCurrent, true)
  assert.equal(remembered.find('user-2'), undefined)
})

test('one that no charge may be decided on any more is not relied on', () => {
  const remembered = rememberedAccounts(8)
  remembered.put(account(1), true)
  remembered.put(account(1, 2n), false)
  assert.equal(remembered.find('user-1')?.isCurrent, false)
  assert.equal(remembered.find('user-1')?.account.seq, 2n)
})

test('the least recent are forgotten, half at a time', () => {
  const remembered = rememberedAccounts(8)
  for (let id = 1; id <= 4; id++) remembered.put(account(id), true)
  // The fifth begins a new half; one that comes again goes with it.
  remembered.put(account(5), true)
  remembered.put(account(1, 2n), true)
  for (let id = 6; id <= 8; id++) remembered.put(account(id), true)
  assert.equal(remembered.find('user-1')?.account.seq, 2n)
  assert.equal(remembered.find('user-2'), undefined)
})

test('accounts with grants or budgets push out no others, and count by these', () => {
  const remembered = rememberedAccounts(20, 8)
  remembered.put(account(1), true)
  for (let id = 2; id <= 4; id++) remembered.put(account(id), true, withBudgets(3))
  // The first two of them have filled the younger half, and are the older one.
  for (const id of [1, 2, 3, 4]) assert.ok(remembered.find(`user-${id}`))
  remembered.put(account(5), true, withBudgets(3))
  remembered.put(account(6), true, withBudgets(1))
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((id) => remembered.find(`user-${id}`)?.controls.budgets.length),
    [0, undefined, undefined, 3, 3, 1],
  )
})

test('an account keeps its memory, and thereby its doubt, when it has no more grants and budgets', () => {
  const remembered = rememberedAccounts(2, 2)
  const controls = withBudgets(1)
  remembered.put(account(1), true, controls)
  const memory = remembered.find('user-1')
  remembered.put(account(1, 2n), true)
  assert.equal(remembered.find('user-1'), memory)
  assert.equal(memory?.controls.budgets.length, 0)
  // Others take the place that it had.
  remembered.put(account(2), true, controls)
  remembered.put(account(3), true, controls)
  assert.equal(remembered.find('user-1'), memory)
  // What is not current keeps its place, until it is.
  remembered.put(account(3, 2n), false)
  assert.equal(remembered.find('user-3')?.controls, controls)
})
