import { randomUUID } from 'node:crypto'
import type { Actor } from '../audit/record.ts'
import type { Write } from '../http/outcomes/attempt.ts'
import type { Cap } from '../auth/identity.ts'
import type { Grant, Pieces } from './grants/grant.ts'
import type { Memory } from './optimistic/remembered.ts'
import type { Hold, TransferKind } from './posting.ts'

/** A transfer's primary key, which its public id contains. */
export interface Place {
  accountId: bigint
  seq: bigint
}

/** A request to move or hold a user's money. Amounts are at least 1; null means the whole amount. */
export type Movement = {
  reason: string | null
  reference: string | null
  metadata: Record<string, unknown> | null
  /** The caller's key; null if none was given. */
  idempotencyKey: string | null
  /** Covers the meaning of the request: a key may be repeated only with the same fingerprint. */
  fingerprint: Buffer
  actor: Actor
  /** About how long its notes are, which is what writing it takes. */
  bytes?: number
  /** How much the caller's token may move; null or absent for no bound. */
  cap?: Cap | null
} & (
  | {
      kind: 'deduct' | 'top_up' | 'stripe_top_up' | 'forfeit' | 'write_off'
      userId: string
      amount: bigint
    }
  /** Of either sign. */
  | { kind: 'adjustment'; userId: string; amount: bigint }
  | { kind: 'hold'; userId: string; amount: bigint; expiresInMs: number }
  /**
   * An amount that Stripe has withdrawn for a dispute; the hold has no expiry and ignores the
   * account's state.
   */
  | { kind: 'hold'; charge: Place; amount: bigint }
  | { kind: 'refund'; charge: Place; amount: bigint | null }
  /**
   * `total` is all that Stripe has taken back of the top-up and not returned; the change goes in
   * either direction.
   */
  | { kind: 'stripe_reversal'; charge: Place; total: bigint }
  | { kind: 'capture'; hold: Place; amount: bigint | null }
  /** `isAny` allows to release a hold for a dispute too. */
  | { kind: 'release'; hold: Place; isAny?: true }
  | ({ kind: 'grant'; userId: string; amount: bigint } & Pick<
      Grant,
      'priority' | 'category' | 'expiresAt'
    >)
  /** Ends a grant, which is named by its account and its number there. */
  | { kind: 'void'; grant: Place }
)

/** A movement being processed. It always has a key, by which its outcome can be found again. */
export type Operation = Movement &
  Write & {
    key: string
    /**
     * The number that its transfer was sent with. If the answer is lost, a transfer with its key
     * and this number counts as its own. A transfer with its key and another number was there
     * before, so this is a repetition. If the commit has failed, another process may have made the
     * transfer under that number meanwhile. Nothing in its row tells for certain who made it, so then
     * neither answer says that it is a repetition.
     */
    madeSeq?: bigint | undefined
    /**
     * What this process remembers of the account, if the operation names a user and anything is
     * known.
     */
    memory?: Memory | undefined
    /** Of those that came with others: whose they are, which take turns with all else. */
    group?: string
  }

/** A row of the ledger. */
export interface Transfer extends Place {
  debitAccountId: bigint
  creditAccountId: bigint
  asset: string
  amount: bigint
  kind: TransferKind
  /**
   * The charge or top-up that a refund or reversal returns, or the hold that a capture or release
   * ends.
   */
  targetSeq: bigint | null
  balanceAfter: bigint
  heldAfter: bigint
  availableAfter: bigint
  idempotencyKey: string
  fingerprint: Buffer
  reason: string | null
  reference: string | null
  metadata: Record<string, unknown> | null
  actor: string
  ip: string | null
  createdAt: Date
  /** What it took from grants, or gave to them; null for nothing. */
  grants: Pieces | null
}

export interface Moved {
  transfer: Transfer
  userId: string
  /** The hold that the transfer made or ended. */
  hold: Hold | null
  /** The grant that the transfer made or ended. */
  grant: Grant | null
  /** Whether it had been done before; this is then the first answer. */
  replayed: boolean
}

/** What is said of a movement, by its caller or by the service. */
export type Signature = Pick<
  Operation,
  'key' | 'fingerprint' | 'reason' | 'reference' | 'metadata' | 'actor'
>

/** Of what the service does by itself; it adds a key and a reason. */
export const NO_SIGNATURE = {
  fingerprint: Buffer.alloc(0),
  reference: null,
  metadata: null,
  actor: { id: 'system', ip: null },
}

/** Changes the movement itself: a copy for each would be thousands of garbage objects a second. */
export function newOperation(movement: Movement): Operation {
  const key = movement.idempotencyKey ?? ownKey()
  return Object.assign(movement, { key, sent: false, givenUp: false })
}

/** Notes that the decision is being committed. */
export function markSent(operation: Operation, { transfer, replayed }: Moved): void {
  operation.sent = true
  operation.madeSeq = replayed ? undefined : transfer.seq
}

const OWN_KEY = /^sr-key-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A key of our own, for a call without one. It has the form of a caller's key. If the outcome is
 * unknown, the caller is told this key, and can repeat the call with it.
 */
export function ownKey(): string {
  return `sr-key-${randomUUID()}`
}

/** Keys that no caller is told begin with a space. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(' ') || OWN_KEY.test(key)
}

export function placeKey(place: Place): string {
  return `${place.accountId}_${place.seq}`
}

/** What an operation is about that does not name a user. */
export function targetOf(operation: Exclude<Operation, { userId: string }>): Place {
  if ('charge' in operation) return operation.charge
  return 'grant' in operation ? operation.grant : operation.hold
}
