import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import type { Actor } from '../audit/record.ts'
import { databaseErrorCode, isConnectionLost } from '../plugins/database/faults.ts'
import { Refusal } from '../refusals.ts'
import { type Account, COUNTERPARTY, type TransferKind, available, post } from './posting.ts'
import { type Transfer, beginBatch, readSystemAccounts, writeBatch } from './statements.ts'

/** A request to move a user's money. */
export interface Movement {
  kind: TransferKind
  userId: string
  amount: bigint
  reason: string | null
  reference: string | null
  metadata: Record<string, unknown> | null
  idempotencyKey: string | null
  fingerprint: Buffer
  actor: Actor
}

export interface Moved {
  transfer: Transfer
  /** The key had been used for the same request: this is what it was answered then. */
  replayed: boolean
}

/** A movement under way. It has a key in any case, by which its own outcome can be found again. */
export interface Operation extends Movement {
  key: string
  /** It was sent to be committed; if the answer was lost, a transfer under its key is its own. */
  sent: boolean
}

type Outcome = PromiseSettledResult<Moved>

/** Serialisation failures and deadlocks: the transaction did not happen and may be tried again. */
const CONFLICT = /^40/
const TRIES_MAX = 5
const RETRY_DELAY_MS = 100

export function newOperation(movement: Movement): Operation {
  // A caller's key has no space, so it never meets one of our own.
  return { ...movement, key: movement.idempotencyKey ?? ` ${randomUUID()}`, sent: false }
}

/** Commits batches of operations, each with its own outcome, on connections given by the caller. */
export function ledger() {
  let systemAccounts = new Map<string, bigint>()

  /**
   * A lost connection leaves it open whether a batch was committed; trying again finds out, because
   * every operation has a key. A batch that fails otherwise is tried again one by one, so that a
   * poisoned request fails alone.
   */
  async function commit(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await tryOnce(sql, batch)
      } catch (error) {
        await sql`rollback`.catch(() => undefined)
        const mayPass = isConnectionLost(error) || CONFLICT.test(databaseErrorCode(error) ?? '')
        if (!mayPass && batch.length > 1) return commitOneByOne(sql, batch)
        if (!mayPass || tries >= TRIES_MAX) return batch.map(() => rejected(error))
        await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS * tries))
      }
    }
  }

  async function commitOneByOne(
    sql: postgres.Sql,
    batch: readonly Operation[],
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const operation of batch) outcomes.push(...(await commit(sql, [operation])))
    return outcomes
  }

  /** Reads under lock, decides in memory and writes: one transaction of two round trips. */
  async function tryOnce(sql: postgres.Sql, batch: readonly Operation[]): Promise<Outcome[]> {
    const { accounts, earlier, xid, now } = await beginBatch(sql, batch)
    const known = new Map(earlier.map((transfer) => [keyOf(transfer), transfer]))
    const changed = new Map<bigint, Account>()
    const made: Transfer[] = []
    await learnSystemAccounts(sql, accounts)

    const outcomes = batch.map((operation): Outcome => {
      try {
        const account = accounts.get(operation.userId)
        if (account === undefined) throw new Refusal('ACCOUNT_NOT_FOUND')
        const key = { accountId: account.id, idempotencyKey: operation.key }
        const before = known.get(keyOf(key))
        if (before !== undefined) return fulfilled(replay(before, operation))
        const after = post(account, operation.kind, operation.amount, now)
        const transfer = transferOf(operation, after)
        accounts.set(operation.userId, after)
        changed.set(after.id, after)
        known.set(keyOf(key), transfer)
        made.push(transfer)
        return fulfilled({ transfer, replayed: false })
      } catch (error) {
        return rejected(error)
      }
    })

    for (const operation of batch) operation.sent = true
    await writeBatch(sql, xid, [...changed.values()], made)
    return outcomes
  }

  async function learnSystemAccounts(
    sql: postgres.Sql,
    accounts: Map<string, Account>,
  ): Promise<void> {
    for (const { asset } of accounts.values()) {
      if (systemAccounts.has(`revenue ${asset}`)) continue
      systemAccounts = await readSystemAccounts(sql)
    }
  }

  function transferOf(operation: Operation, after: Account): Transfer {
    const system = systemAccounts.get(`${COUNTERPARTY[operation.kind]} ${after.asset}`)
    if (system === undefined) throw new Error(`There are no system accounts in ${after.asset}`)
    const takes = operation.kind === 'deduct'
    return {
      accountId: after.id,
      seq: after.seq,
      debitAccountId: takes ? after.id : system,
      creditAccountId: takes ? system : after.id,
      asset: after.asset,
      amount: operation.amount,
      kind: operation.kind,
      balanceAfter: after.balance,
      availableAfter: available(after),
      idempotencyKey: operation.key,
      fingerprint: operation.fingerprint,
      reason: operation.reason,
      reference: operation.reference,
      metadata: operation.metadata,
      actor: operation.actor.id,
      ip: operation.actor.ip,
      createdAt: after.updatedAt,
    }
  }

  return { commit }
}

function replay(transfer: Transfer, operation: Operation): Moved {
  if (!transfer.fingerprint.equals(operation.fingerprint)) {
    throw new Refusal('IDEMPOTENCY_KEY_REUSED')
  }
  return { transfer, replayed: !operation.sent }
}

function keyOf(transfer: Pick<Transfer, 'accountId' | 'idempotencyKey'>): string {
  return `${transfer.accountId} ${transfer.idempotencyKey}`
}

function fulfilled(value: Moved): Outcome {
  return { status: 'fulfilled', value }
}

function rejected(reason: unknown): Outcome {
  return { status: 'rejected', reason }
}
