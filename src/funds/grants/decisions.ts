import { Refusal } from '../../refusals/index.ts'
import {
  type Moved,
  NO_SIGNATURE,
  type Operation,
  type Place,
  type Signature,
  type Transfer,
  ownKey,
} from '../operations.ts'
import { type Account, type Hold, type TransferKind, available } from '../posting.ts'
import { type GrantBook, givenBack } from './book.ts'
import { ACTIVE_MAX, type Grant, type Pieces, REVIVED_MS, isEnded, isOlder } from './grant.ts'
import { NO_OLDER } from './older.ts'
import { captureOf, freedBy } from './kept.ts'
import { goingOf, keptOf, least } from './standing.ts'

export interface GrantEvent {
  event: 'grant.created' | 'grant.voided' | 'grant.expired'
  actor: string
  place: Place
  /** What was granted, or what remained. */
  amount: bigint
}

export interface TransferOptions {
  isForced?: boolean
  /** What it takes from grants or gives to them, on the account as it is after it. */
  pieces?: (after: Account) => Pieces | null
}

/** What the batch does for its grants. */
interface Batch {
  now: Date
  transfer: (
    account: Account,
    operation: Signature & { kind: TransferKind },
    amount: bigint,
    targetSeq: bigint | null,
    options?: TransferOptions,
  ) => Transfer
  currentOf: (account: Account) => Account
  /** Has the account written, though nothing was moved. */
  touch: (account: Account) => void
  done: (made: Transfer, hold: Hold | null) => Moved
}

type Granting = Extract<Operation, { kind: 'grant' }>
type Voiding = Extract<Operation, { kind: 'void' }>

/** Decides on the grants of a batch, beside all else that it decides. */
export function grantDecisions(book: GrantBook, batch: Batch) {
  const { now, transfer, currentOf, touch, done } = batch
  const events: GrantEvent[] = []

  function note(event: GrantEvent['event'], actor: string, grant: Grant, amount: bigint): void {
    const { accountId, seq } = grant
    events.push({ event, actor, place: { accountId, seq }, amount })
  }

  /** @throws Refusal `VALIDATION_FAILED`, `TOO_MANY_GRANTS` or `BALANCE_LIMIT` */
  function make(account: Account, operation: Granting): Moved {
    const { amount, expiresAt } = operation
    if (expiresAt !== null && expiresAt <= now) {
      const details = [{ path: '/expires_at', message: 'must be in the future' }]
      throw new Refusal('VALIDATION_FAILED', { details })
    }
    if (account.granted > 0n && book.activeCount(account.id) >= ACTIVE_MAX) {
      throw new Refusal('TOO_MANY_GRANTS')
    }
    let grant: Grant | null = null
    const made = transfer(account, operation, amount, null, {
      pieces: (after): Pieces => {
        grant = add(after, operation, amount, least(amount, roomOf(after)))
        return [[Number(grant.seq), Number(grant.remaining)]]
      },
    })
    return { ...done(made, null), grant: copyOf(grant) }
  }

  function add(
    after: Account,
    terms: Pick<Grant, 'priority' | 'category' | 'expiresAt'> & { actor: { id: string } },
    amount: bigint,
    remaining: bigint,
  ): Grant {
    after.grantCount += 1n
    const grant = book.add({
      accountId: after.id,
      seq: after.grantCount,
      transferSeq: after.seq,
      amount,
      remaining,
      priority: terms.priority,
      category: terms.category,
      status: remaining > 0n ? 'active' : 'spent',
      expiresAt: terms.expiresAt,
      createdAt: after.updatedAt,
      closedAt: null,
      closedSeq: null,
      older: NO_OLDER,
    })
    note('grant.created', terms.actor.id, grant, amount)
    return grant
  }

  /**
   * A refund of a charge that took from grants. To a grant that has ended nothing can go back: a new one
   * stands for it.
   */
  function giveBack(
    account: Account,
    operation: Signature & { kind: TransferKind },
    charge: Transfer,
    before: bigint,
    amount: bigint,
  ): Transfer {
    const pieces = (after: Account): Pieces | null => {
      const given: Pieces = []
      let room = roomOf(after)
      for (const part of givenBack(charge, before, amount)) {
        const to = book.find(after.id, part.seq)
        const sum = least(part.amount, room)
        if (to === undefined || sum === 0n) continue
        room -= sum
        given.push([Number(giveTo(after, operation, to, sum).seq), Number(sum)])
      }
      return given.length > 0 ? given : null
    }
    return transfer(account, operation, amount, charge.seq, { pieces })
  }

  function giveTo(after: Account, { actor }: Signature, grant: Grant, amount: bigint): Grant {
    if (!isEnded(grant, now)) {
      book.change(grant, amount)
      return grant
    }
    const { priority, category } = grant
    const expiresAt = new Date(after.updatedAt.getTime() + REVIVED_MS)
    return add(after, { priority, category, expiresAt, actor }, amount, amount)
  }

  /**
   * Ends a grant now. What open holds need of it stays until they end, as when it expires.
   * @throws Refusal `GRANT_NOT_FOUND` or `GRANT_ENDED`
   */
  function end(account: Account, operation: Voiding): Moved {
    const grant = book.find(account.id, operation.grant.seq)
    if (grant === undefined) throw new Refusal('GRANT_NOT_FOUND')
    if (isEnded(grant, now)) throw new Refusal('GRANT_ENDED')
    note('grant.voided', operation.actor.id, grant, grant.remaining)
    const unheld = available(account)
    const amount = least(grant.remaining, unheld > 0n ? unheld : 0n)
    const made = transfer(account, operation, amount, null, {
      pieces: (after) => {
        book.end(grant, 'voided', after.updatedAt, account)
        return pieceOf(grant, amount)
      },
    })
    return { ...done(made, null), grant: copyOf(grant) }
  }

  /** What time has ended since the account was last written. */
  function expire(account: Account): void {
    for (const { grant, amount } of goingOf(account, book.open(account.id), now)) {
      if (grant.closedAt === null) {
        note('grant.expired', NO_SIGNATURE.actor.id, grant, grant.remaining)
        book.end(grant, 'expired', grant.expiresAt ?? now, account)
        // This also writes the account's time: holds that end by time are counted from then on.
        touch(account)
      }
      if (amount > 0n) goFrom(currentOf(account), grant, amount)
    }
  }

  /**
   * Takes from ended grants what an open hold will no longer need when it ends. This goes first, so
   * that the transfer that ends the hold shows the account's final state. The part of the hold that
   * is not captured no longer counts by then.
   * @param captured how much of the hold a capture will take, possibly from those grants
   * @returns the account after that, and what the capture takes from grants
   */
  function free(
    account: Account,
    hold: Hold,
    captured: bigint,
  ): { account: Account; taken: Pieces } {
    if (account.granted === 0n) return { account, taken: [] }
    const kept = keptOf(book.open(account.id))
    const mayPay = (grant: Grant) => isOlder(hold, grant)
    const taken = captureOf(kept, account, hold, captured, (amount, due) =>
      book.takingOf(account.id, amount, mayPay, due),
    )
    const rest = hold.amount - captured
    book.endHold(hold)
    let current = { ...account, lapsed: account.lapsed + rest }
    for (const { grant, amount } of freedBy(kept, hold, rest, taken, current)) {
      goFrom(current, grant, amount)
      current = currentOf(account)
    }
    return { account: { ...current, lapsed: current.lapsed - rest }, taken }
  }

  function goFrom(account: Account, grant: Grant, amount: bigint): void {
    const kind = grant.status === 'voided' ? 'void' : 'expire'
    const operation = { ...NO_SIGNATURE, reason: grant.status, kind, key: ownKey() } as const
    transfer(account, operation, amount, null, { pieces: () => pieceOf(grant, amount) })
  }

  function pieceOf(grant: Grant, amount: bigint): Pieces {
    book.change(grant, -amount)
    return [[Number(grant.seq), Number(amount)]]
  }

  /** The grant as it was right after the transfer. */
  function ofReplay({ kind, accountId, grants }: Transfer): Grant | null {
    const [seq = 0, remaining = 0] = grants?.[0] ?? []
    const grant =
      kind === 'grant' || kind === 'void' ? book.find(accountId, BigInt(seq)) : undefined
    if (grant === undefined) return null
    if (kind === 'void') return { ...grant, remaining: 0n, status: 'voided' }
    const status = remaining > 0 ? 'active' : 'spent'
    return { ...grant, remaining: BigInt(remaining), status, closedAt: null }
  }

  return { make, giveBack, end, expire, free, ofReplay, events }
}

export type GrantDecisions = ReturnType<typeof grantDecisions>

/** Grants are part of the balance: what is owed is paid before anything remains of them. */
function roomOf({ balance, granted }: Account): bigint {
  return balance > granted ? balance - granted : 0n
}

/** It may be changed by what comes later in the batch. */
function copyOf(grant: Grant | null): Grant | null {
  return grant === null ? null : { ...grant }
}
