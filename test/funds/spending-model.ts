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
  /** What Stripe withdraws for a dispute. */
  | { kind: 'dispute'; amount: number; reference: string }
  | { kind: 'grant'; amount: number; priority: number; hours: number | null }
  | { kind: 'refund' | 'capture'; which: number; amount: number | undefined }
  | { kind: 'release' | 'void' | 'settle'; which: number }

interface Grant {
  remaining: number
  priority: number
  expires: number
  /** When it expired or was voided; what remains then is kept for the holds that there were. */
  ended: number | null
  /** How many those were. */
  holds: number
  /** How many others had ended before. */
  place: number
}

interface Hold {
  amount: number
  isDispute: boolean
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
      .toSorted((a, b) => a.place - b.place)
  const isOver = (one: Grant, now: number) => one.ended !== null || one.expires <= now

  function end(grant: Grant, ended: number): void {
    const place = grants.filter((one) => one.ended !== null).length
    Object.assign(grant, { ended, holds: holds.length, place })
  }

  function go(grant: Grant, amount: number): void {
    grant.remaining -= amount
    balance -= amount
  }

  /**
   * What goes when holds have ended: what was kept for them, and what no other hold can be paid from.
   * @param ended which of them, and what it had set aside for nothing
   */
  function freed(now: number, ended: [which: number, amount: number][], stays: Map<Grant, number>) {
    const parts = kept().map((one) => ({
      one,
      left: one.remaining - (stays.get(one) ?? 0),
      goes: 0,
    }))
    const oldest = (amount: number, of: typeof parts) => {
      for (const part of of) {
        const goes = Math.max(0, Math.min(amount, part.left))
        part.left -= goes
        part.goes += goes
        amount -= goes
      }
    }
    const isFor = (hold: number, grant: Grant) => hold < grant.holds
    for (const [which, amount] of ended) {
      oldest(
        amount,
        parts.filter(({ one }) => isFor(which, one)),
      )
    }
    parts.forEach(({ one }, index) => {
      const older = holds.filter(
        (hold, at) => isFor(at, one) && hold.end === null && hold.expires > now,
      )
      const most = Math.max(0, sum(older.map((hold) => hold.amount)) - credit)
      const until = parts.slice(0, index + 1)
      oldest(sum(until.map(({ left }) => left)) - most, until)
    })
    return parts
  }

  /** Holds have ended by time, or one was released. */
  function free(now: number, which: number[]): void {
    const ended = which.map((one): [number, number] => [one, holds[one]!.amount])
    for (const { one, goes } of freed(now, ended, new Map())) go(one, goes)
  }

  /** What a capture takes: in the order of all charges, but so much of what was kept for it that all other holds have enough. */
  function captured(which: number, amount: number, now: number) {
    const isFor = (one: Grant) => one.ended === null || which < one.holds
    for (let first = 0; ; first++) {
      let left = first
      const due = new Map<Grant, number>()
      for (const one of kept().filter(isFor)) {
        due.set(one, Math.min(left, one.remaining))
        left -= due.get(one)!
      }
      const taken = take(amount - first, isFor, due)
      const stays = new Map(taken.map(([index, part]) => [grants[index]!, part]))
      const parts = freed(now, [[which, holds[which]!.amount - amount]], stays)
      const after = balance - amount - sum(parts.map(({ goes }) => goes))
      if (after - held(now) + credit >= 0) return { taken, parts }
      if (first === amount) throw new Error('A capture leaves too little for the other holds')
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
      const over = holds.flatMap((hold, which) =>
        hold.end === null && hold.expires <= time ? [which] : [],
      )
      for (const which of over) {
        const hold = holds[which]!
        hold.end = 'expired'
        updated = Math.max(updated, now)
        uncount(hold.counts, hold.amount, now)
      }
      if (over.length > 0) free(time, over)
      for (const grant of grants) {
        if (grant.ended !== null || grant.expires > time) continue
        // A spent one has nothing that could end; refunds see to its time.
        if (grant.remaining === 0) continue
        const unheld = Math.max(0, balance - held(time) + credit)
        end(grant, grant.expires)
        go(grant, Math.min(grant.remaining, unheld))
        updated = Math.max(updated, now)
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

  /** @param due what is taken of some in any case */
  function take(
    amount: number,
    mayPay: (grant: Grant) => boolean,
    due = new Map<Grant, number>(),
  ): [number, number][] {
    const order = grants
      .map((one, index) => ({ one, index }))
      .filter(({ one }) => one.remaining > 0 && mayPay(one))
      .toSorted(
        (a, b) =>
          a.one.priority - b.one.priority ||
          (a.one.expires === b.one.expires ? 0 : a.one.expires - b.one.expires) ||
          a.index - b.index,
      )
    let left = amount
    return order.flatMap(({ one, index }): [number, number][] => {
      const first = due.get(one) ?? 0
      const part = Math.min(left, one.remaining - first)
      left -= part
      return first + part > 0 ? [[index, first + part]] : []
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

  /**
   * The balance, the available funds and the grants that were touched, or the code of a refusal. Null for a
   * dispute of more than there is: an account below its floor is another story.
   */
  function apply(command: Command, now: number): string | null {
    settle(now)
    switch (command.kind) {
      case 'top_up':
        balance += command.amount
        return answer(now)
      case 'deduct': {
        const { amount, reference } = command
        const refused = refusal(reference, amount, now)
        if (refused !== null) return refused
        const taken = take(amount, (one) => !isOver(one, now))
        charge(amount, taken, count(reference, amount, now))
        return answer(now, taken)
      }
      case 'hold': {
        const { amount, reference, hours } = command
        const refused = refusal(reference, amount, now)
        if (refused !== null) return refused
        const expires = Math.max(now, updated) + hours
        const counts = count(reference, amount, now)
        holds.push({ amount, isDispute: false, expires, end: null, answer: '', counts })
        return answer(now)
      }
      case 'dispute': {
        const { amount } = command
        if (amount > balance - held(now) + credit) return null
        const never = { expires: Infinity, end: null, answer: '', counts: [] }
        holds.push({ amount, isDispute: true, ...never })
        return answer(now)
      }
      case 'grant': {
        const { amount, priority, hours } = command
        balance += amount
        const remaining = Math.min(amount, room())
        const expires = hours === null ? Infinity : now + hours
        grants.push({ remaining, priority, expires, ended: null, holds: 0, place: 0 })
        return answer(now, [[grants.length - 1, remaining]])
      }
      case 'void': {
        const grant = grants[command.which]!
        if (isOver(grant, now)) return 'GRANT_ENDED'
        const part = Math.min(grant.remaining, Math.max(0, balance - held(now) + credit))
        go(grant, part)
        end(grant, Math.max(now, updated))
        return answer(now, [[command.which, part]])
      }
      case 'settle':
      case 'release': {
        const hold = holds[command.which]!
        // Whether it is still open or not.
        if (hold.isDispute && command.kind === 'release') return 'HOLD_NOT_YOURS'
        if (hold.end === 'released') return hold.answer
        if (hold.end !== null) return 'HOLD_CLOSED'
        hold.end = 'released'
        uncount(hold.counts, hold.amount, now)
        free(now, [command.which])
        return (hold.answer = answer(now))
      }
      case 'capture': {
        const hold = holds[command.which]!
        if (hold.isDispute) return 'HOLD_NOT_YOURS'
        const amount = command.amount ?? hold.amount
        if (hold.end === `captured ${amount}`) return hold.answer
        if (hold.end !== null) return 'HOLD_CLOSED'
        if (amount > hold.amount) return 'AMOUNT_EXCEEDS_HOLD'
        hold.end = `captured ${amount}`
        uncount(hold.counts, hold.amount - amount, now)
        const { taken, parts } = captured(command.which, amount, now)
        for (const { one, goes } of parts) go(one, goes)
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
      grants.push({
        remaining: part,
        priority: grant.priority,
        expires,
        ended: null,
        holds: 0,
        place: 0,
      })
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
