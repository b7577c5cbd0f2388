import type { Account } from '../posting.ts'

/** The most accounts that a process remembers, at some 400 bytes each. */
const ACCOUNTS_MAX = 20_000

/** The most times that an account must be found as remembered before it is relied on again. */
const DOUBT_MAX = 64

/** An account as it is remembered. */
export interface Memory {
  account: Account
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
export function rememberedAccounts(max = ACCOUNTS_MAX) {
  // Two generations replace a list by last use: a Map with many removals leaves tables behind that
  // keep their content alive.
  let young = new Map<string, Memory>()
  let old = new Map<string, Memory>()

  function find(userId: string): Memory | undefined {
    return young.get(userId) ?? old.get(userId)
  }

  /**
   * Remembers an account as a commit of this process has left it.
   * @param isCurrent whether charges may be decided on it
   */
  function put(account: Account, isCurrent: boolean): void {
    const known = young.get(account.userId)
    if (known !== undefined) {
      known.account = account
      known.isCurrent = isCurrent
      return
    }
    const older = old.get(account.userId)
    // One that no charge may be decided on would only take another's place.
    if (older === undefined && !isCurrent) return
    if (young.size >= max / 2) {
      old = young
      young = new Map()
    }
    const memory = older ?? { account, isCurrent, doubt: 0 }
    memory.account = account
    memory.isCurrent = isCurrent
    young.set(account.userId, memory)
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
