import type { Older } from './older.ts'

/** A part of an account's balance, with what remains of it. */
export interface Grant {
  accountId: bigint
  /** Its number among the account's grants: of two, the older one has the smaller. */
  seq: bigint
  /** The number of the transfer that made it. */
  transferSeq: bigint
  amount: bigint
  /** Of an ended one, what open holds still need of it. */
  remaining: bigint
  /** 0 to 100; the lowest is spent first. */
  priority: number
  category: string | null
  status: 'active' | 'spent' | 'expired' | 'voided'
  expiresAt: Date | null
  createdAt: Date
  /** When it expired or was voided. */
  closedAt: Date | null
  /**
   * The number of the account's last transfer when the grant ended: holds with a higher number came
   * later. Null if the previous version ended it, which did not tell holds apart.
   */
  closedSeq: bigint | null
  /** If it has ended: the holds for which the rest of it is kept. */
  older: Older
}

/** A grant without the holds that it is kept for. */
export type GrantFacts = Omit<Grant, 'older'>

/**
 * What a transfer took from grants, or gave to them, by their numbers and in that order: as it is kept
 * with the transfer, where null stands for nothing.
 */
export type Pieces = [seq: number, amount: number][]

/** So many an account may have that are active; beyond that no further one is made by hand. */
export const ACTIVE_MAX = 1_000

/** How long what a refund gives back lasts, of a grant that has ended. */
export const REVIVED_MS = 7 * 86_400_000

/** Voided or expired, whether that has been written or not; a spent one can have money again. */
export function isEnded(grant: GrantFacts, now: Date): boolean {
  return grant.closedAt !== null || isOver(grant, now)
}

function isOver({ expiresAt }: GrantFacts, now: Date): boolean {
  return expiresAt !== null && expiresAt <= now
}

/** What has expired, and of which that has yet to be written. */
export function isExpiring(grant: GrantFacts, now: Date): boolean {
  return grant.status === 'active' && isOver(grant, now)
}

/** Whether a grant has ended and something of it is kept for holds. */
export function isKept({ closedAt, remaining }: GrantFacts): boolean {
  return closedAt !== null && remaining > 0n
}

/** Whether a hold was made before a grant ended. */
export function isOlder(hold: { seq: bigint }, { closedAt, closedSeq }: GrantFacts): boolean {
  return closedAt !== null && (closedSeq === null || hold.seq <= closedSeq)
}

/** The order in which grants pay: by priority, then what expires first, then the oldest. */
export function byTaking(a: Grant, b: Grant): number {
  return a.priority - b.priority || timeOf(a.expiresAt) - timeOf(b.expiresAt) || bySeq(a, b)
}

/** The order in which grants end: by the number of their account's last transfer, then by time. */
export function byEnd(a: Grant, b: Grant): number {
  const [seqOfA, seqOfB] = [numberOf(a.closedSeq), numberOf(b.closedSeq)]
  if (seqOfA !== seqOfB) return seqOfA - seqOfB
  return timeOf(a.closedAt ?? a.expiresAt) - timeOf(b.closedAt ?? b.expiresAt) || bySeq(a, b)
}

function numberOf(seq: bigint | null): number {
  return seq === null ? Number.MAX_SAFE_INTEGER : Number(seq)
}

function bySeq(a: Grant, b: Grant): number {
  return a.seq < b.seq ? -1 : 1
}

/** No time is after all others; not an infinity, whose difference to itself is no number. */
function timeOf(time: Date | null): number {
  return time === null ? Number.MAX_SAFE_INTEGER : time.getTime()
}

export function sumOf(pieces: Pieces | null): bigint {
  let sum = 0n
  for (const [, amount] of pieces ?? []) sum += BigInt(amount)
  return sum
}
