import { Refusal } from '../refusals/index.ts'
import type { BudgetBook, Counted } from './budgets/book.ts'
import { NO_NOTES } from './budgets/budget.ts'
import type { Caps } from './caps.ts'
import type { GrantBook } from './grants/book.ts'
import type { GrantDecisions, TransferOptions } from './grants/decisions.ts'
import {
  type Moved,
  NO_SIGNATURE,
  type Operation,
  type Place,
  type Signature,
  type Transfer,
  ownKey,
  placeKey,
} from './operations.ts'
import {
  type Account,
  type Hold,
  NEVER,
  type TransferKind,
  capturable,
  isForDispute,
  isLapsed,
} from './posting.ts'

/** What is known of the holds of a batch. */
interface Known {
  holds: readonly Hold[]
  /** The transfers that ended those holds. */
  endings: readonly Transfer[]
  now: Date
}

/** What the batch does for its holds. */
interface Batch {
  caps: Caps
  book: GrantBook
  grants: GrantDecisions
  budgets: BudgetBook
  transfer: (
    account: Account,
    operation: Signature & { kind: TransferKind },
    amount: bigint,
    targetSeq: bigint | null,
    options?: TransferOptions,
  ) => Transfer
  accountAt: (id: bigint) => Account | undefined
  currentOf: (account: Account) => Account
  done: (made: Transfer, hold: Hold | null) => Moved
}

type Holding = Extract<Operation, { kind: 'hold' }>
type Capturing = Extract<Operation, { kind: 'capture' }>
type Releasing = Extract<Operation, { kind: 'release' }>

/** Decides on the holds of a batch, beside all else that it decides. */
export function holdDecisions(known: Known, batch: Batch) {
  const { caps, book, grants, budgets, transfer, accountAt, currentOf, done } = batch
  const holds = new Map(known.holds.map((hold) => [placeKey(hold), hold]))
  const endings = new Map(known.endings.map((ending) => [endingKey(ending), ending]))
  const changed = new Set<string>()

  function make(account: Account, operation: Holding): Moved {
    const isForced = 'charge' in operation
    caps.check(operation, operation.amount)
    const made = transfer(account, operation, operation.amount, null, { isForced })
    const expiresAt = isForced ? NEVER : new Date(made.createdAt.getTime() + operation.expiresInMs)
    const { accountId, seq, amount, reason, reference } = made
    const hold: Hold = {
      accountId,
      seq,
      amount,
      captured: 0n,
      status: 'open',
      expiresAt,
      closedAt: null,
      notes: { reason, reference },
    }
    return done(made, put(hold))
  }

  /** The rest is released first, so that the capture's transfer shows the account's final state. */
  function capture(account: Account, operation: Capturing): Moved {
    const hold = find(operation.hold)
    const asked = operation.amount
    if (isForDispute(hold)) throw new Refusal('HOLD_NOT_YOURS')
    const ending = endings.get(placeKey(hold))
    const again = hold.status === 'captured' && (asked ?? hold.amount) === hold.captured
    if (again && ending !== undefined) return replayOf(ending, hold)
    const amount = capturable(hold, asked)
    caps.check(operation, amount)
    const freed = grants.free(account, hold, amount)
    if (amount < hold.amount) {
      transfer(
        freed.account,
        { ...operation, kind: 'release', key: ownKey() },
        hold.amount - amount,
        hold.seq,
      )
    }
    const pieces = (after: Account) => book.take(after, freed.taken)
    const made = transfer(currentOf(account), operation, amount, hold.seq, { pieces })
    budgets.giveBack(heldOf(hold), hold.amount - amount)
    endings.set(placeKey(hold), made)
    const closedAt = made.createdAt
    return done(made, put({ ...hold, captured: amount, status: 'captured', closedAt }))
  }

  function release(account: Account, operation: Releasing): Moved {
    const hold = find(operation.hold)
    const ending = endings.get(placeKey(hold))
    if (isForDispute(hold) && operation.isAny !== true) throw new Refusal('HOLD_NOT_YOURS')
    if (hold.status === 'released' && ending !== undefined) return replayOf(ending, hold)
    if (hold.status !== 'open') throw new Refusal('HOLD_CLOSED')
    return end(grants.free(account, hold, 0n).account, operation, hold, 'released')
  }

  function end(
    account: Account,
    operation: Signature,
    hold: Hold,
    status: 'released' | 'expired',
  ): Moved {
    const lapsed = account.lapsed - (status === 'expired' ? hold.amount : 0n)
    const made = transfer(
      { ...account, lapsed },
      { ...operation, kind: 'release' },
      hold.amount,
      hold.seq,
    )
    // Budgets do not count holds for disputes, so there is nothing to give back.
    if (!isForDispute(hold)) budgets.giveBack(heldOf(hold), hold.amount, status === 'expired')
    endings.set(placeKey(hold), made)
    return done(made, put({ ...hold, status, closedAt: made.createdAt }))
  }

  /** Ends expired holds. They do not count in any case; this only records it. */
  function expire(): void {
    for (const hold of [...holds.values()].filter((one) => isLapsed(one, known.now))) {
      const account = accountAt(hold.accountId)
      if (account === undefined) continue
      end(account, { ...NO_SIGNATURE, reason: 'expired', key: ownKey() }, hold, 'expired')
    }
  }

  /** @throws Refusal `HOLD_NOT_FOUND` */
  function find(place: Place): Hold {
    const hold = holds.get(placeKey(place))
    if (hold === undefined) throw new Refusal('HOLD_NOT_FOUND')
    return hold
  }

  /** The hold that a transfer made or ended; null for none. */
  function ofReplay({ kind, accountId, seq, targetSeq }: Transfer): Hold | null {
    const number = kind === 'hold' ? seq : targetSeq
    return number === null ? null : (holds.get(placeKey({ accountId, seq: number })) ?? null)
  }

  function put(hold: Hold): Hold {
    holds.set(placeKey(hold), hold)
    changed.add(placeKey(hold))
    return hold
  }

  function replayOf(ending: Transfer, hold: Hold): Moved {
    return { ...done(ending, hold), replayed: true }
  }

  return {
    make,
    capture,
    release,
    expire,
    ofReplay,
    changed: () => [...changed].flatMap((key) => holds.get(key) ?? []),
  }
}

function heldOf({ accountId, seq, notes }: Hold): Counted {
  return { accountId, seq, notes: notes ?? NO_NOTES }
}

function endingKey(ending: Transfer): string {
  return placeKey({ accountId: ending.accountId, seq: ending.targetSeq ?? 0n })
}
