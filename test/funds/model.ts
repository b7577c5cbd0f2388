/** What the ledger should do, as plainly as it can be said: one account, one command at a time. */
export interface ModelAccount {
  balance: number
  held: number
  credit: number
}

export interface Charge {
  user: string
  amount: number
  refunded: number
}

export interface ModelHold {
  user: string
  amount: number
  /** `captured 7`, say; a call that asks for the same outcome again gets it again. */
  ended: string | null
}

export type Command =
  | { kind: 'deduct' | 'top_up' | 'hold'; user: string; amount: number; key?: string | undefined }
  | { kind: 'refund'; which: number; amount?: number | undefined }
  | { kind: 'capture'; which: number; amount?: number | undefined }
  | { kind: 'release'; which: number }

/** 2^53 - 1, which balance and credit limit together may reach and not pass. */
export const LIMIT = Number.MAX_SAFE_INTEGER

/** As integers, since the sum may be one that a number rounds. */
export function isBeyondLimit(...parts: number[]): boolean {
  return parts.map(BigInt).reduce((sum, part) => sum + part) > BigInt(LIMIT)
}

export function modelLedger(users: readonly string[]) {
  const accounts = new Map<string, ModelAccount>(
    users.map((user) => [user, { balance: 0, held: 0, credit: 0 }]),
  )
  const charges: Charge[] = []
  const holds: ModelHold[] = []
  const answers = new Map<string, { meaning: string; answer: string }>()

  function account(user: string): ModelAccount {
    return accounts.get(user)!
  }

  function state(user: string): string {
    const { balance, held, credit } = account(user)
    return `${balance}/${balance - held + credit}`
  }

  /** The balance and available funds after the command, or the code of its refusal. */
  function apply(command: Command): string {
    switch (command.kind) {
      case 'deduct':
      case 'top_up':
      case 'hold': {
        const { key, user } = command
        const earlier = key === undefined ? undefined : answers.get(`${user} ${key}`)
        const meaning = `${command.kind} ${command.amount}`
        if (earlier !== undefined) {
          return earlier.meaning === meaning ? earlier.answer : 'IDEMPOTENCY_KEY_REUSED'
        }
        const answer = move(command.kind, user, command.amount)
        const done = answer !== 'INSUFFICIENT_FUNDS' && answer !== 'BALANCE_LIMIT'
        if (key !== undefined && done) answers.set(`${user} ${key}`, { meaning, answer })
        return answer
      }
      case 'refund': {
        const charge = charges[command.which]!
        const left = charge.amount - charge.refunded
        const amount = command.amount ?? left
        if (left === 0 || amount > left) return 'ALREADY_REFUNDED'
        const { balance, credit } = account(charge.user)
        if (isBeyondLimit(balance, credit, amount)) return 'BALANCE_LIMIT'
        charge.refunded += amount
        account(charge.user).balance += amount
        return state(charge.user)
      }
      case 'capture': {
        const hold = holds[command.which]!
        const amount = command.amount ?? hold.amount
        if (hold.ended?.startsWith(`captured ${amount} `)) return hold.ended.split(' ')[2]!
        if (hold.ended !== null) return 'HOLD_CLOSED'
        if (amount > hold.amount) return 'AMOUNT_EXCEEDS_HOLD'
        account(hold.user).held -= hold.amount
        account(hold.user).balance -= amount
        charges.push({ user: hold.user, amount, refunded: 0 })
        hold.ended = `captured ${amount} ${state(hold.user)}`
        return state(hold.user)
      }
      case 'release': {
        const hold = holds[command.which]!
        if (hold.ended?.startsWith('released')) return hold.ended.split(' ')[1]!
        if (hold.ended !== null) return 'HOLD_CLOSED'
        account(hold.user).held -= hold.amount
        hold.ended = `released ${state(hold.user)}`
        return state(hold.user)
      }
    }
  }

  function move(kind: 'deduct' | 'top_up' | 'hold', user: string, amount: number): string {
    const target = account(user)
    const free = target.balance - target.held + target.credit
    if (kind !== 'top_up' && amount > free) return 'INSUFFICIENT_FUNDS'
    if (kind === 'top_up') {
      if (isBeyondLimit(target.balance, target.credit, amount)) return 'BALANCE_LIMIT'
      target.balance += amount
    }
    if (kind === 'deduct') {
      target.balance -= amount
      charges.push({ user, amount, refunded: 0 })
    }
    if (kind === 'hold') {
      target.held += amount
      holds.push({ user, amount, ended: null })
    }
    return state(user)
  }

  return { account, apply, charges, holds }
}
