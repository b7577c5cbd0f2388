import assert from 'node:assert/strict'
import { test } from 'node:test'
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
