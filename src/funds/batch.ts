import { Refusal } from '../refusals/index.ts'
import { type Sum, openCaps } from './caps.ts'
import {
  type Moved,
  type Operation,
  type Place,
  type Transfer,
  ownKey,
  placeKey,
} from './operations.ts'
import {
  type Account,
  EFFECTS,
  type Hold,
  type TransferKind,
  available,
  capturable,
  isLapsed,
  post,
  refundable,
  reversible,
  NEVER,
  isForDispute,
} from './posting.ts'

/** What decisions about a batch depend on, as read under the accounts' locks. */
export interface Ledger {
  accounts: readonly Account[]
  /** Transfers that already have one of the batch's keys. */
  earlier: readonly Transfer[]
  /**
   * The holds and charges that the operations name, and some expired holds that the batch should end.
   */
  holds: readonly Hold[]
  charges: readonly (Transfer & { refunded: bigint })[]
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
  /** Accounts that fell below their low-balance mark, each with the operation that caused it. */
  fellLow: { account: Account; operation: Operation }[]
  sums: Sum[]
}

const SYSTEM = { id: 'system', ip: null }

/** Decides operations one after the other, in memory, without knowing HTTP or SQL. */
export function openBatch(ledger: Ledger) {
  const accounts = new Map(ledger.accounts.map((account) => [account.id, account]))
  const idOf = new Map(ledger.accounts.map((account) => [account.userId, account.id]))
  const known = new Map(ledger.earlier.map((earlier) => [keyOf(earlier), earlier]))
  const holds = new Map(ledger.holds.map((hold) => [placeKey(hold), hold]))
  const charges = new Map(ledger.charges.map((charge) => [placeKey(charge), charge]))
  const refunded = new Map(ledger.charges.map((charge) => [placeKey(charge), charge.refunded]))
  const endings = new Map(ledger.endings.map((ending) => [endingKey(ending), ending]))
  const caps = openCaps(ledger.sums, ledger.now)
  const changedAccounts = new Set<bigint>()
  const changedHolds = new Set<string>()
  const transfers: Transfer[] = []
  const fellLow: Writes['fellLow'] = []

  /** @throws Refusal, without changing anything */
  function decide(operation: Operation): Moved {
    const account = accountOf(operation)
    const key = { accountId: account.id, idempotencyKey: operation.key }
    const earlier = known.get(keyOf(key))
    if (earlier !== undefined) return replay(earlier, operation)
    const moved = carryOut(account, operation)
    if (!moved.replayed) caps.add(operation, moved.transfer)
    const after = accounts.get(account.id)
    if (after?.isLow === true && !account.isLow) fellLow.push({ account: after, operation })
    return moved
  }

  function accountOf(operation: Operation): Account {
    const id = 'userId' in operation ? idOf.get(operation.userId) : placeOf(operation).accountId
    const account = id === undefined ? undefined : accounts.get(id)
    // A closed account is unknown to everyone except Stripe.
    const isKnown = account?.status !== 'closed' || operation.kind.startsWith('stripe_')
    if (account !== undefined && isKnown) return account
    if ('charge' in operation) throw new Refusal('TRANSFER_NOT_FOUND')
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
      case 'hold': {
        const isForced = 'charge' in operation
        caps.check(operation, operation.amount)
        const made = transfer(account, operation, operation.amount, null, isForced)
        const expiresAt = isForced
          ? NEVER
          : new Date(made.createdAt.getTime() + operation.expiresInMs)
        const { accountId, seq, amount } = made
        const status = 'open' as const
        return done(
          made,
          putHold({ accountId, seq, amount, captured: 0n, status, expiresAt, closedAt: null }),
        )
      }
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
        return capture(account, operation, findHold(operation.hold), operation.amount)
      case 'release': {
        const hold = findHold(operation.hold)
        const ending = endings.get(placeKey(hold))
        if (hold.status === 'released' && ending !== undefined) return replayOf(ending, hold)
        if (isForDispute(hold) && operation.isAny !== true) throw new Refusal('HOLD_NOT_YOURS')
        if (hold.status !== 'open') throw new Refusal('HOLD_CLOSED')
        return end(account, operation, hold, 'released')
      }
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
    charge: Transfer,
    amount: bigint,
  ): Moved {
    const made = transfer(account, operation, amount, charge.seq)
    const taken = operation.kind === 'stripe_reinstatement' ? -amount : amount
    refunded.set(placeKey(charge), (refunded.get(placeKey(charge)) ?? 0n) + taken)
    return done(made, null)
  }

  /** The rest is released first, so that the capture's transfer shows the account's final state. */
  function capture(
    account: Account,
    operation: Operation,
    hold: Hold,
    asked: bigint | null,
  ): Moved {
    if (isForDispute(hold)) throw new Refusal('HOLD_NOT_YOURS')
    const ending = endings.get(placeKey(hold))
    const again = hold.status === 'captured' && (asked ?? hold.amount) === hold.captured
    if (again && ending !== undefined) return replayOf(ending, hold)
    const amount = capturable(hold, asked)
    caps.check(operation, amount)
    if (amount < hold.amount) {
      transfer(
        account,
        { ...operation, kind: 'release', key: ownKey() },
        hold.amount - amount,
        hold.seq,
      )
    }
    const current = accounts.get(account.id) ?? account
    const made = transfer(current, operation, amount, hold.seq)
    endings.set(placeKey(hold), made)
    const closedAt = made.createdAt
    return done(made, putHold({ ...hold, captured: amount, status: 'captured', closedAt }))
  }

  function end(
    account: Account,
    operation: Signature & { kind: TransferKind },
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
    endings.set(placeKey(hold), made)
    return done(made, putHold({ ...hold, status, closedAt: made.createdAt }))
  }

  /** Ends expired holds of the account. They do not count in any case; this only records it. */
  function expireHolds(): void {
    for (const hold of [...holds.values()].filter((candidate) => isLapsed(candidate, ledger.now))) {
      const account = accounts.get(hold.accountId)
      if (account === undefined) continue
      end(account, { ...NO_SIGNATURE, kind: 'release', key: ownKey() }, hold, 'expired')
    }
  }

  function findHold(place: Place): Hold {
    const hold = holds.get(placeKey(place))
    if (hold === undefined) throw new Refusal('HOLD_NOT_FOUND')
    return hold
  }

  function putHold(hold: Hold): Hold {
    holds.set(placeKey(hold), hold)
    changedHolds.add(placeKey(hold))
    return hold
  }

  function transfer(
    account: Account,
    operation: Signature & { kind: TransferKind },
    amount: bigint,
    targetSeq: bigint | null,
    isForced = false,
  ): Transfer {
    const after = post(account, operation.kind, amount, ledger.now, isForced)
    const { debit, credit } = EFFECTS[operation.kind]
    const sideId = (side: string) =>
      side === 'user' ? after.id : ledger.systemAccount(side, after.asset)
    const made: Transfer = {
      accountId: after.id,
      seq: after.seq,
      debitAccountId: sideId(debit),
      creditAccountId: sideId(credit),
      asset: after.asset,
      amount,
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
    }
    accounts.set(after.id, after)
    changedAccounts.add(after.id)
    known.set(keyOf(made), made)
    transfers.push(made)
    return made
  }

  function replay(earlier: Transfer, operation: Operation): Moved {
    if (!earlier.fingerprint.equals(operation.fingerprint)) {
      throw new Refusal('IDEMPOTENCY_KEY_REUSED')
    }
    const seq = earlier.kind === 'hold' ? earlier.seq : earlier.targetSeq
    const hold = seq === null ? undefined : holds.get(placeKey({ ...earlier, seq }))
    return { ...done(earlier, hold ?? null), replayed: !operation.sent }
  }

  function replayOf(ending: Transfer, hold: Hold): Moved {
    return { ...done(ending, hold), replayed: true }
  }

  function done(made: Transfer, hold: Hold | null): Moved {
    const userId = accounts.get(made.accountId)?.userId ?? ''
    return { transfer: made, userId, hold, replayed: false }
  }

  function writes(): Writes {
    const present = <T>(value: T | undefined): value is T => value !== undefined
    return {
      accounts: [...changedAccounts].map((id) => accounts.get(id)).filter(present),
      transfers,
      holds: [...changedHolds].map((key) => holds.get(key)).filter(present),
      fellLow,
      sums: caps.writes(),
    }
  }

  return { decide, expireHolds, writes }
}

type Signature = Pick<
  Operation,
  'key' | 'fingerprint' | 'reason' | 'reference' | 'metadata' | 'actor'
>

const NO_SIGNATURE = {
  fingerprint: Buffer.alloc(0),
  reason: 'expired',
  reference: null,
  metadata: null,
  actor: SYSTEM,
}

function placeOf(operation: Exclude<Operation, { userId: string }>): Place {
  return 'charge' in operation ? operation.charge : operation.hold
}

function keyOf(transfer: Pick<Transfer, 'accountId' | 'idempotencyKey'>): string {
  return `${transfer.accountId} ${transfer.idempotencyKey}`
}

function endingKey(ending: Transfer): string {
  return placeKey({ accountId: ending.accountId, seq: ending.targetSeq ?? 0n })
}
