/**
 * What grants and budgets should do, as plainly as it can be said: one account, one command at a time,
 * and what time ends one thing after the other, in the order in which it ended. Times are in hours.
 */
export interface Terms {
  credit: number
  budgets: { window: 'hour' | 'day' | 'total'; amount: number; prefix: string; isHard: boolean }[]
}

export type Command =
  | { kind: 'top_up'; amount: number }
  | { kind: 'deduct'; amount: number; reference: string }
  | { kind: 'hold'; amount: number; reference: string; hours: number }
  | { kind: 'grant'; amount: number; priority: number; hours: number | null }
  | { kind: 'refund' | 'capture'; which: number; amount: number | undefined }
  | { kind: 'release' | 'void'; which: number }

interface Grant {
  remaining: number
  priority: number
  expires: number
  /** When it expired or was voided; what remains then is kept for holds. */
  ended: number | null
}

interface Hold {
  amount: number
  reference: string
  expires: number
  end: string | null
  answer: string
  counts: Count[]
}

interface Charge {
  amount: number
  refunded: number
  taken: [grant: number, amount: number][]
  counts: Count[]
}

/** In which window of which budget something was counted. */
type Count = [budget: number, window: number]

const SPAN = { hour: 1, day: 24, total: Infinity }
const REVIVED = 7 * 24

export function spendingModel({ credit, budgets: terms }: Terms) {
  let balance = 0
  // The credit was given then.
  let updated = 0
  const grants: Grant[] = []
  const holds: Hold[] = []
  const charges: Charge[] = []
  const budgets = terms.map((one) => ({
    ...one,
    used: 0,
    opened: 0,
    resets: SPAN[one.window],
  }))

  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0)
  const held = (now: number) =>
    sum(holds.filter((one) => one.end === null && one.expires > now).map((one) => one.amount))
  const inGrants = () => sum(grants.map((one) => one.remaining))
  const kept = () =>
    grants
      .filter((one) => one.ended !== null && one.remaining > 0)
      .toSorted((a, b) => a.ended! - b.ended! || grants.indexOf(a) - grants.indexOf(b))
  const isOver = (one: Grant, now: number) => one.ended !== null || one.expires <= now

  function go(grant: Grant, amount: number): void {
    grant.remaining -= amount
    balance -= amount
  }

  /** Holds have ended: what was kept for them goes. */
  function free(now: number, ended: number, stays: (grant: Grant) => number = () => 0): void {
    const parts = kept().map((one) => ({ one, amount: one.remaining - stays(one) }))
    const all = sum(parts.map(({ amount }) => amount))
    let left = all - Math.min(Math.max(0, all - ended), Math.max(0, held(now) - credit))
    for (const { one, amount } of parts) {
      const part = Math.min(left, amount)
      go(one, part)
      left -= part
    }
  }

  /** What time has ended until now, one after the other. */
  function settle(now: number): void {
    const times = new Set([
      ...grants.filter((one) => one.ended === null).map((one) => one.expires),
      ...holds.filter((one) => one.end === null).map((one) => one.expires),
    ])
    for (const time of [...times].toSorted((a, b) => a - b)) {
      if (time > now) break
      for (const hold of holds) {
        if (hold.end !== null || hold.expires > time) continue
        hold.end = 'expired'
        updated = Math.max(updated, now)
        uncount(hold.counts, hold.amount, now)
        free(time, hold.amount)
      }
      for (const grant of grants) {
        if (grant.ended !== null || grant.expires > time) continue
        // A spent one has nothing that could end; refunds see to its time.
        if (grant.remaining === 0) continue
        const unheld = Math.max(0, balance - held(time) + credit)
        grant.ended = grant.expires
        const part = Math.min(grant.remaining, unheld)
        go(grant, part)
        if (part > 0) updated = Math.max(updated, now)
      }
    }
  }

  function windowAt(budget: (typeof budgets)[number], now: number): number {
    return now >= budget.resets ? Math.floor(now / SPAN[budget.window]) : budget.opened
  }

  function matching(reference: string): number[] {
    return budgets.flatMap(({ prefix }, index) => (reference.startsWith(prefix) ? [index] : []))
  }

  function usedAt(index: number, now: number): number {
    const budget = budgets[index]!
    if (windowAt(budget, now) !== budget.opened) return 0
    const over = holds.filter((one) => one.end === null && one.expires <= now)
    const inWindow = (hold: Hold) =>
      hold.counts.some(([of, window]) => of === index && window === budget.opened)
    return budget.used - sum(over.filter(inWindow).map((one) => one.amount))
  }

  function count(reference: string, amount: number, now: number): Count[] {
    return matching(reference).map((index) => {
      const budget = budgets[index]!
      const window = windowAt(budget, now)
      if (window !== budget.opened) {
        Object.assign(budget, {
          used: 0,
          opened: window,
          resets: (window + 1) * SPAN[budget.window],
        })
      }
      budget.used += amount
      return [index, window]
    })
  }

  function uncount(counts: Count[], amount: number, now: number): void {
    for (const [index, window] of counts) {
      const budget = budgets[index]!
      if (budget.opened === window && windowAt(budget, now) === window) budget.used -= amount
    }
  }

  function refusal(reference: string, amount: number, now: number): string | null {
    if (amount > balance - held(now) + credit) return 'INSUFFICIENT_FUNDS'
    const passed = matching(reference).filter((index) => {
      const budget = budgets[index]!
      return budget.isHard && usedAt(index, now) + amount > budget.amount
    })
    return passed.length > 0 ? 'BUDGET_EXCEEDED' : null
  }

  function take(amount: number, now: number, ofEnded: boolean): [number, number][] {
    const order = grants
      .map((one, index) => ({ one, index }))
      .filter(({ one }) => one.remaining > 0 && (ofEnded || !isOver(one, now)))
      .toSorted(
        (a, b) =>
          a.one.priority - b.one.priority ||
          (a.one.expires === b.one.expires ? 0 : a.one.expires - b.one.expires) ||
          a.index - b.index,
      )
    let left = amount
    return order.flatMap(({ one, index }): [number, number][] => {
      const part = Math.min(left, one.remaining)
      left -= part
      return part > 0 ? [[index, part]] : []
    })
  }

  function charge(amount: number, taken: [number, number][], counts: Count[]): void {
    for (const [index, part] of taken) grants[index]!.remaining -= part
    balance -= amount
    charges.push({ amount, refunded: 0, taken, counts })
  }

  function room(): number {
    return Math.max(0, balance) - Math.min(inGrants(), Math.max(0, balance))
  }

  function answer(now: number, pieces: [number, number][] = []): string {
    updated = Math.max(updated, now)
    return `${balance}/${balance - held(now) + credit} ${JSON.stringify(pieces)}`
  }

  /** The balance, the available funds and the grants that were touched, or the code of a refusal. */
  function apply(command: Command, now: number): string {
    settle(now)
    switch (command.kind) {
      case 'top_up':
        balance += command.amount
        return answer(now)
      case 'deduct': {
        const { amount, reference } = command
        const refused = refusal(reference, amount, now)
        if (refused !== null) return refused
        const taken = take(amount, now, false)
        charge(amount, taken, count(reference, amount, now))
        return answer(now, taken)
      }
      case 'hold': {
        const { amount, reference, hours } = command
        const refused = refusal(reference, amount, now)
        if (refused !== null) return refused
        const expires = Math.max(now, updated) + hours
        const counts = count(reference, amount, now)
        holds.push({ amount, reference, expires, end: null, answer: '', counts })
        return answer(now)
      }
      case 'grant': {
        const { amount, priority, hours } = command
        balance += amount
        const remaining = Math.min(amount, room())
        const expires = hours === null ? Infinity : now + hours
        grants.push({ remaining, priority, expires, ended: null })
        return answer(now, [[grants.length - 1, remaining]])
      }
      case 'void': {
        const grant = grants[command.which]!
        if (isOver(grant, now)) return 'GRANT_ENDED'
        const part = Math.min(grant.remaining, Math.max(0, balance - held(now) + credit))
        go(grant, part)
        grant.ended = Math.max(now, updated)
        return answer(now, [[command.which, part]])
      }
      case 'release': {
        const hold = holds[command.which]!
        if (hold.end === 'released') return hold.answer
        if (hold.end !== null) return 'HOLD_CLOSED'
        hold.end = 'released'
        uncount(hold.counts, hold.amount, now)
        free(now, hold.amount)
        return (hold.answer = answer(now))
      }
      case 'capture': {
        const hold = holds[command.which]!
        const amount = command.amount ?? hold.amount
        if (hold.end === `captured ${amount}`) return hold.answer
        if (hold.end !== null) return 'HOLD_CLOSED'
        if (amount > hold.amount) return 'AMOUNT_EXCEEDS_HOLD'
        hold.end = `captured ${amount}`
        const taken = take(amount, now, true)
        const parts = new Map(taken)
        uncount(hold.counts, hold.amount - amount, now)
        free(now, hold.amount - amount, (grant) => parts.get(grants.indexOf(grant)) ?? 0)
        charge(amount, taken, hold.counts)
        return (hold.answer = answer(now, taken))
      }
      case 'refund':
        return refund(charges[command.which]!, command.amount, now)
    }
  }

  function refund(of: Charge, asked: number | undefined, now: number): string {
    const left = of.amount - of.refunded
    const amount = asked ?? left
    if (left === 0 || amount > left) return 'ALREADY_REFUNDED'
    // One unit after the other, the last taken first.
    const units = of.taken.flatMap(([index, part]) => Array<number | null>(part).fill(index))
    while (units.length < of.amount) units.push(null)
    const back = units.toReversed().slice(of.refunded, of.refunded + amount)
    of.refunded += amount
    uncount(of.counts, amount, now)
    balance += amount
    let space = room()
    const pieces: [number, number][] = []
    for (const index of new Set(back)) {
      if (index === null || space === 0) continue
      const part = Math.min(back.filter((one) => one === index).length, space)
      space -= part
      const grant = grants[index]!
      if (!isOver(grant, now)) {
        grant.remaining += part
        pieces.push([index, part])
        continue
      }
      const expires = Math.max(now, updated) + REVIVED
      grants.push({ remaining: part, priority: grant.priority, expires, ended: null })
      pieces.push([grants.length - 1, part])
    }
    return answer(now, pieces)
  }

  /** How the account stands. What time has ended is written with it, so ask one that is thrown away. */
  function state(now: number) {
    settle(now)
    const open = grants.filter((one) => !isOver(one, now))
    return {
      balance,
      held: held(now),
      granted: sum(open.map((one) => one.remaining)),
      remaining: grants.map((one) => (isOver(one, now) ? 0 : one.remaining)),
      used: budgets.map((_, index) => usedAt(index, now)),
    }
  }

  /** Why a charge would be refused; null if it would not. */
  function check(reference: string, amount: number, now: number): string | null {
    return refusal(reference, amount, now)
  }

  return { apply, state, check }
}
