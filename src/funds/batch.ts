import { Refusal } from '../refusals/index.ts'
import { type Counted, type Threshold, openBudgets } from './budgets/book.ts'
import { type Budget, NO_NOTES, type Notes } from './budgets/budget.ts'
import { type Sum, openCaps } from './caps.ts'
import { openGrants } from './grants/book.ts'
import { type GrantEvent, type TransferOptions, grantDecisions } from './grants/decisions.ts'
import { type Grant, type Pieces, sumOf } from './grants/grant.ts'
import { holdDecisions } from './hold-decisions.ts'
import {
  type Moved,
  NO_SIGNATURE,
  type Operation,
  type Place,
  type Signature,
  type Transfer,
  placeKey,
  targetOf,
} from './operations.ts'
import {
  type Account,
  EFFECTS,
  type Hold,
  type TransferKind,
  available,
  isToBeToppedUp,
  post,
  refundable,
  reversible,
} from './posting.ts'

/** A transfer that is named to be given back. */
export interface Charge extends Transfer {
  refunded: bigint
  /** Of a capture, what was said of its hold. */
  holdNotes: Notes | null
}

/** What decisions about a batch depend on, as read under the accounts' locks. */
export interface Ledger {
  accounts: readonly Account[]
  /** Transfers that already have one of the batch's keys. */
  earlier: readonly Transfer[]
  /**
   * The holds and charges that the operations name, and some expired holds that the batch should end.
   */
  holds: readonly Hold[]
  charges: readonly Charge[]
  /** The grants of the accounts with something left, and those that operations and charges name. */
  grants: readonly Grant[]
  budgets: readonly Budget[]
  /** The transfers that ended those holds. */
  endings: readonly Transfer[]
  /** Today's sums of the tokens in the batch that have a daily cap. */
  sums: readonly Sum[]
  /** The id of a system account, by name and asset. */
  systemAccount: (name: string, asset: string) => bigint
  now: Date
}

/** What a batch writes. */
export interface Writes {
  accounts: Account[]
  transfers: Transfer[]
  holds: Hold[]
  /** Accounts that fell below their low-balance mark, by whom. */
  fellLow: { account: Account; actor: string }[]
  /** Accounts that are to be topped up by themselves. */
  toTopUp: bigint[]
  grants: Grant[]
  grantEvents: GrantEvent[]
  budgets: Budget[]
  /** Percentages of budgets that were reached. */
  thresholds: Threshold[]
  sums: Sum[]
}

/** Decides operations one after the other, in memory, without knowing HTTP or SQL. */
export function openBatch(ledger: Ledger) {
  const accounts = new Map(ledger.accounts.map((account) => [account.id, account]))
  const idOf = new Map(ledger.accounts.map((account) => [account.userId, account.id]))
  const known = new Map(ledger.earlier.map((earlier) => [keyOf(earlier), earlier]))
  const charges = new Map(ledger.charges.map((charge) => [placeKey(charge), charge]))
  const refunded = new Map(ledger.charges.map((charge) => [placeKey(charge), charge.refunded]))
  const caps = openCaps(ledger.sums, ledger.now)
  const book = openGrants(ledger.grants, ledger.now)
  const budgets = openBudgets(ledger.budgets, ledger.now, (id) => accounts.get(id)?.seq ?? 0n)
  const changedAccounts = new Set<bigint>()
  const transfers: Transfer[] = []
  const fellLow: Writes['fellLow'] = []
  const toTopUp = new Set<bigint>()

  /** @throws Refusal, without changing anything */
  function decide(operation: Operation): Moved {
    const account = accountOf(operation)
    const key = { accountId: account.id, idempotencyKey: operation.key }
    const earlier = known.get(keyOf(key))
    if (earlier !== undefined) return replay(earlier, operation)
    const moved = carryOutOrRefuse(account, operation)
    if (!moved.replayed) caps.add(operation, moved.transfer)
    noteFall(account, operation.actor.id)
    return moved
  }

  /** A charge that finds too little is a reason to top up as well: no other may ever get through. */
  function carryOutOrRefuse(account: Account, operation: Operation): Moved {
    try {
      return carryOut(account, operation)
    } catch (error) {
      const isShort = error instanceof Refusal && error.code === 'INSUFFICIENT_FUNDS'
      if (isShort && isToBeToppedUp(account)) toTopUp.add(account.id)
      throw error
    }
  }

  function noteFall(before: Account, actor: string): void {
    const after = currentOf(before)
    if (after.isLow && !before.isLow) fellLow.push({ account: after, actor })
    if (after.balance < before.balance && isToBeToppedUp(after)) toTopUp.add(after.id)
  }

  function accountOf(operation: Operation): Account {
    const id = 'userId' in operation ? idOf.get(operation.userId) : targetOf(operation).accountId
    const account = id === undefined ? undefined : accounts.get(id)
    // A closed account is unknown to everyone except Stripe.
    const isKnown = account?.status !== 'closed' || operation.kind.startsWith('stripe_')
    if (account !== undefined && isKnown) return account
    if ('charge' in operation) throw new Refusal('TRANSFER_NOT_FOUND')
    if ('grant' in operation) throw new Refusal('GRANT_NOT_FOUND')
    throw new Refusal('userId' in operation ? 'ACCOUNT_NOT_FOUND' : 'HOLD_NOT_FOUND')
  }

  function carryOut(account: Account, operation: Operation): Moved {
    switch (operation.kind) {
      case 'deduct':
      case 'top_up':
      case 'stripe_top_up':
      case 'forfeit':
      case 'write_off':
        caps.check(operation, operation.amount)
        return done(transfer(account, operation, operation.amount, null), null)
      case 'adjustment':
        caps.check(operation, operation.amount < 0n ? -operation.amount : operation.amount)
        return done(transfer(account, operation, operation.amount, null), null)
      case 'hold':
        return holds.make(account, operation)
      case 'refund': {
        const { charge, before } = findCharge(operation.charge)
        const amount = refundable(charge, before, operation.amount)
        caps.check(operation, amount)
        return giveBack(account, operation, charge, amount)
      }
      case 'stripe_reversal': {
        const { charge, before } = findCharge(operation.charge)
        const amount = reversible(charge, before, operation.total)
        if (amount === 0n) return { ...done(charge, null), replayed: true }
        if (amount > 0n) return giveBack(account, operation, charge, amount)
        return giveBack(account, { ...operation, kind: 'stripe_reinstatement' }, charge, -amount)
      }
      case 'capture':
        return holds.capture(account, operation)
      case 'release':
        return holds.release(account, operation)
      case 'grant': {
        caps.check(operation, operation.amount)
        return grants.make(account, operation)
      }
      case 'void':
        return grants.end(account, operation)
    }
  }

  function findCharge(place: Place) {
    const charge = charges.get(placeKey(place))
    if (charge === undefined) throw new Refusal('TRANSFER_NOT_FOUND')
    return { charge, before: refunded.get(placeKey(place)) ?? 0n }
  }

  function giveBack(
    account: Account,
    operation: Signature & { kind: TransferKind },
    charge: Charge,
    amount: bigint,
  ): Moved {
    const before = refunded.get(placeKey(charge)) ?? 0n
    const made =
      operation.kind === 'refund' && charge.grants !== null
        ? grants.giveBack(account, operation, charge, before, amount)
        : transfer(account, operation, amount, charge.seq)
    if (operation.kind === 'refund') budgets.giveBack(countedOf(charge), amount)
    const taken = operation.kind === 'stripe_reinstatement' ? -amount : amount
    refunded.set(placeKey(charge), before + taken)
    return done(made, null)
  }

  /** Takes what has expired, and what ended grants had left to holds that have ended since. */
  function expireGrants(): void {
    for (const account of ledger.accounts) {
      if (account.granted === 0n) continue
      grants.expire(currentOf(account))
      noteFall(account, NO_SIGNATURE.actor.id)
    }
  }

  function transfer(
    account: Account,
    operation: Signature & { kind: TransferKind },
    amount: bigint,
    targetSeq: bigint | null,
    { isForced = false, pieces }: TransferOptions = NO_OPTIONS,
  ): Transfer {
    const after = post(account, operation.kind, amount, ledger.now, isForced)
    const effect = EFFECTS[operation.kind]
    const isTaken = amount < 0n
    const [debit, credit] = isTaken ? [effect.credit, effect.debit] : [effect.debit, effect.credit]
    const isCounted = !isForced && (operation.kind === 'deduct' || operation.kind === 'hold')
    if (isCounted) budgets.count(account.id, operation, amount)
    const moved = pieces === undefined ? takenBy(after, operation.kind, amount) : pieces(after)
    if (moved !== null) {
      after.granted += debit === 'user' || debit === 'holds' ? -sumOf(moved) : sumOf(moved)
    }
    const sideId = (side: string) =>
      side === 'user' ? after.id : ledger.systemAccount(side, after.asset)
    const made: Transfer = {
      accountId: after.id,
      seq: after.seq,
      debitAccountId: sideId(debit),
      creditAccountId: sideId(credit),
      asset: after.asset,
      amount: isTaken ? -amount : amount,
      kind: operation.kind,
      targetSeq,
      balanceAfter: after.balance,
      heldAfter: after.held,
      availableAfter: available(after),
      idempotencyKey: operation.key,
      fingerprint: operation.fingerprint,
      reason: operation.reason,
      reference: operation.reference,
      metadata: operation.metadata,
      actor: operation.actor.id,
      ip: operation.actor.ip,
      createdAt: after.updatedAt,
      grants: moved,
    }
    accounts.set(after.id, after)
    changedAccounts.add(after.id)
    known.set(keyOf(made), made)
    transfers.push(made)
    return made
  }

  /** What a transfer takes from grants by itself: a charge from them first, all else from them last. */
  function takenBy(account: Account, kind: TransferKind, amount: bigint): Pieces | null {
    if (account.granted === 0n || EFFECTS[kind].balance * amount >= 0n) return null
    const isCharge = kind === 'deduct'
    return book.take(account, isCharge ? book.takingOf(account.id, amount, () => false) : [])
  }

  function currentOf(account: Account): Account {
    return accounts.get(account.id) ?? account
  }

  function replay(earlier: Transfer, operation: Operation): Moved {
    if (!earlier.fingerprint.equals(operation.fingerprint)) {
      throw new Refusal('IDEMPOTENCY_KEY_REUSED')
    }
    const grant = grants.ofReplay(earlier)
    const isOwn = operation.sent && operation.madeSeq === earlier.seq
    return { ...done(earlier, holds.ofReplay(earlier)), grant, replayed: !isOwn }
  }

  function done(made: Transfer, hold: Hold | null): Moved {
    const userId = accounts.get(made.accountId)?.userId ?? ''
    return { transfer: made, userId, hold, grant: null, replayed: false }
  }

  function writes(): Writes {
    const present = <T>(value: T | undefined): value is T => value !== undefined
    return {
      accounts: [...changedAccounts].map((id) => accounts.get(id)).filter(present),
      transfers,
      holds: holds.changed(),
      fellLow,
      toTopUp: [...toTopUp],
      sums: caps.writes(),
      grants: book.changed(),
      budgets: budgets.changed(),
      thresholds: budgets.thresholds,
      grantEvents: grants.events,
    }
  }

  function touch(account: Account): void {
    const current = currentOf(account)
    const { id, updatedAt } = current
    accounts.set(id, { ...current, updatedAt: ledger.now > updatedAt ? ledger.now : updatedAt })
    changedAccounts.add(id)
  }

  const grants = grantDecisions(book, { now: ledger.now, transfer, currentOf, touch, done })
  const accountAt = (id: bigint) => accounts.get(id)
  const serving = { caps, book, grants, budgets, transfer, accountAt, currentOf, done }
  const holds = holdDecisions(ledger, serving)

  /** What time has ended, before anything is decided. */
  function endOver(): void {
    // Grants first, while what is lapsed of an account is still all there.
    expireGrants()
    holds.expire()
  }

  return { decide, endOver, writes }
}

const NO_OPTIONS: TransferOptions = {}

/** What a budget has counted of a charge: of a capture, its hold. */
function countedOf(charge: Charge): Counted {
  const { kind, accountId, seq, targetSeq, holdNotes } = charge
  if (kind === 'capture') return { accountId, seq: targetSeq ?? 0n, notes: holdNotes ?? NO_NOTES }
  return { accountId, seq, notes: charge }
}

function keyOf(transfer: Pick<Transfer, 'accountId' | 'idempotencyKey'>): string {
  return `${transfer.accountId} ${transfer.idempotencyKey}`
}
