import { type Controls, NO_CONTROLS } from '../controls.ts'
import type { Account } from '../posting.ts'

/**
 * The most accounts that a process remembers, at some 400 bytes each, and as many again that have
 * grants or budgets.
 */
const ACCOUNTS_MAX = 20_000

/** The most grants and budgets of these, at some 600 bytes each. */
const CONTROLS_MAX = 80_000

/** The most times that an account must be found as remembered before it is relied on again. */
const DOUBT_MAX = 64

/** An account as it is remembered. */
export interface Memory {
  account: Account
  controls: Controls
  /** Whether the account is still as this process left it, as far as this process knows. */
  isCurrent: boolean
  doubt: number
}

export type RememberedAccounts = ReturnType<typeof rememberedAccounts>

/** Whether a charge may be decided on what is remembered. */
export function isReliable({ isCurrent, doubt }: Memory): boolean {
  return isCurrent && doubt === 0
}

/** Notes that the row was not as remembered. */
export function wasWrong(memory: Memory): void {
  memory.isCurrent = false
  memory.doubt = Math.min(DOUBT_MAX, memory.doubt * 2 + 1)
}

/**
 * Remembers accounts as this process last left them in the database. Another process may have
 * changed them since, so a statement that relies on one compares it with the row.
 *
 * An account that was found changed is doubted for a while. Otherwise an account that several
 * processes charge would cost each of them a useless statement again and again.
 */
export function rememberedAccounts(max = ACCOUNTS_MAX, controlsMax = CONTROLS_MAX) {
  // Apart, so that accounts with grants or budgets, which take more memory, push out no others.
  const plain = generations(max, controlsMax)
  const controlled = generations(max, controlsMax)

  function find(userId: string): Memory | undefined {
    return plain.find(userId) ?? controlled.find(userId)
  }

  /**
   * Remembers an account as a commit of this process has left it.
   * @param isCurrent whether charges may be decided on it
   * @param controls its grants and budgets, which are kept if so
   */
  function put(account: Account, isCurrent: boolean, controls: Controls = NO_CONTROLS): void {
    const { userId } = account
    const known = find(userId)
    // One that no charge may be decided on would only take another's place.
    if (known === undefined && !isCurrent) return
    const memory = known ?? { account, controls, isCurrent, doubt: 0 }
    const before = memory.controls
    memory.account = account
    memory.isCurrent = isCurrent
    if (isCurrent) memory.controls = controls
    const place = placeOf(memory.controls)
    if (place !== placeOf(before)) placeOf(before).remove(userId, sizeOf(before))
    place.put(memory, sizeOf(memory.controls), sizeOf(before))
  }

  function placeOf({ grants, budgets }: Controls) {
    return grants.length + budgets.length === 0 ? plain : controlled
  }

  /** Compares an account, as it is found under its lock, with what is remembered of it. */
  function compare({ userId, seq }: Account): void {
    const memory = find(userId)
    if (memory === undefined) return
    if (memory.account.seq !== seq) wasWrong(memory)
    else if (memory.doubt > 0) memory.doubt--
  }

  return { find, put, compare }
}

function sizeOf({ grants, budgets }: Controls): number {
  return grants.length + budgets.length
}

/**
 * Two generations replace a list by last use: a Map with many removals leaves tables behind that keep
 * their content alive.
 * @param max of the accounts in both together
 * @param sizeMax of their grants and budgets
 */
function generations(max: number, sizeMax: number) {
  let young = new Map<string, Memory>()
  let old = new Map<string, Memory>()
  /** The number of grants and budgets of the young ones. */
  let size = 0

  /** @param before the size of the same memory when it was last put */
  function put(memory: Memory, now: number, before: number): void {
    const { userId } = memory.account
    if (young.has(userId)) {
      size += now - before
      return
    }
    if (young.size >= max / 2 || size >= sizeMax / 2) {
      old = young
      young = new Map()
      size = 0
    }
    young.set(userId, memory)
    size += now
  }

  function remove(userId: string, before: number): void {
    if (young.delete(userId)) size -= before
    old.delete(userId)
  }

  return { find: (userId: string) => young.get(userId) ?? old.get(userId), put, remove }
}
