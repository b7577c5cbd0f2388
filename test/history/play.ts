import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../support/random.ts'
import type { Recorder } from './recorder.ts'
import {
  type Answer,
  type Batch,
  FINAL,
  type Kind,
  NotSent,
  type Request,
  WrongAnswer,
  send,
} from './requests.ts'

/** What is sent in one call, and again if its outcome is not known. */
interface Call {
  requests: readonly Request[]
  batch: Batch | null
  name: string
}

export interface PlayOptions {
  recorder: Recorder
  random: Random
  accounts: readonly string[]
  /** Where the processes listen; each call picks one. */
  origins: readonly string[]
  /** So many of a thousand calls are given up by their client at a random moment. */
  cuts: number
}

/** How often each kind of request comes, of a hundred. */
const MIX: readonly [kind: Kind, share: number][] = [
  ['deduct', 32],
  ['top_up', 18],
  ['balance', 18],
  ['hold', 12],
  ['capture', 7],
  ['release', 3],
  ['refund', 10],
]
const AMOUNT_MAX = 500
const RESOLVE_PASSES_MAX = 50

/**
 * Clients of a round: they ask, record what they are answered, repeat what they are not told, and repeat some of
 * what they are.
 */
export function newPlay({ recorder, random, accounts, origins, cuts }: PlayOptions) {
  const ids = new Map<string, string>()
  const charges: Request[] = []
  const holds: Request[] = []
  const done: Request[] = []
  /** Calls whose outcome no one has been told yet. */
  const open = new Map<string, Call>()
  const wrong: string[] = []
  /** How often each answer came. */
  const answers: Record<string, number> = {}
  let cutCalls = 0
  let keys = 0

  async function perform(call: Call, client: number, own: Random): Promise<void> {
    const cut = own.chance(cuts) ? AbortSignal.timeout(own.int(0, 20)) : null
    const sentAt = recorder.now()
    try {
      const origin = own.pick(origins)
      const reply = await send(origin, call.requests, call.batch, ids, cut)
      if (cut?.aborted) cutCalls++
      for (const [key, id] of reply.ids) ids.set(key, id)
      if (call.batch === 'together') learnTogether(call, client, sentAt, reply)
      else {
        for (const [index, request] of call.requests.entries()) {
          learn(request, reply.answers[index] ?? null, client, sentAt)
        }
      }
    } catch (error) {
      if (error instanceof NotSent) await delay(20)
      else if (!(error instanceof WrongAnswer)) throw error
      else {
        wrong.push(error.message)
        open.set(call.name, call)
      }
    }
  }

  function learn(request: Request, answer: Answer | null, client: number, sentAt: number): void {
    count(answer === null ? 'unknown' : answer.code)
    recorder.record({
      client,
      call: sentAt,
      requests: [request],
      ...(answer !== null && { answers: [answer] }),
    })
    if (request.kind === 'balance') return
    if (answer === null)
      open.set(request.key, { requests: [request], batch: null, name: request.key })
    else if (FINAL.has(answer.code)) open.delete(request.key)
    else if (answer.code === '') made(request, answer)
  }

  function learnTogether(
    { requests, name }: Call,
    client: number,
    sentAt: number,
    { answers: all, refusal }: { answers: (Answer | null)[]; refusal: string },
  ): void {
    const known = all.filter((answer) => answer !== null)
    const isUnknown = refusal === '' && known.length < requests.length
    count(isUnknown ? 'unknown' : refusal)
    recorder.record({
      client,
      call: sentAt,
      requests,
      together: name,
      refusal,
      ...(!isUnknown && refusal === '' && { answers: known }),
    })
    if (isUnknown) open.set(name, { requests, batch: 'together', name })
    else if (refusal === '') {
      open.delete(name)
      for (const [index, request] of requests.entries()) {
        const answer = known[index]
        if (answer !== undefined) made(request, answer)
      }
    }
  }

  function made(request: Request, answer: Answer): void {
    open.delete(request.key)
    if (done.length < 1_000) done.push(request)
    // A capture that is told again may be told another one's outcome, which was the same.
    const isCharge = request.kind === 'deduct' || (request.kind === 'capture' && !answer.replayed)
    if (isCharge) charges.push(request)
    if (request.kind === 'hold') holds.push(request)
  }

  function count(answer: string): void {
    const name = answer === '' ? 'done' : answer
    answers[name] = (answers[name] ?? 0) + 1
  }

  /** One client, until it is told to stop. */
  async function ask(number: number, goesOn: () => boolean): Promise<void> {
    const own = random.fork()
    while (goesOn()) {
      const call = newCall(own)
      await perform(call, number, own)
      // Half of what is not answered is repeated at once, as a good client does.
      for (let tries = 0; tries < 3 && open.has(call.name) && own.chance(500); tries++) {
        await delay(own.int(5, 50))
        await perform(call, number, own)
      }
    }
  }

  function newCall(own: Random): Call {
    const kind = own.int(1, 100)
    if (kind <= 6)
      return callOf(
        many(own, own.int(2, 6), (each) => newRequest(each)),
        'each',
      )
    if (kind <= 12)
      return callOf(
        many(own, own.int(2, 4), (each) => moves(each)),
        'together',
      )
    if (kind <= 15 && done.length > 0) return callOf([own.pick(done)], null)
    if (kind <= 17 && done.length > 0) {
      const before = own.pick(done)
      const other = { ...before, amount: before.amount + 1 }
      return callOf([before.kind === 'release' ? before : other], null)
    }
    return callOf([newRequest(own)], null)
  }

  function many(own: Random, times: number, make: (own: Random) => Request): Request[] {
    return Array.from({ length: times }, () => make(own)).filter(({ kind }) => kind !== 'balance')
  }

  function callOf(requests: Request[], batch: Batch | null): Call {
    const [first] = requests
    if (first === undefined) return callOf([moves(random)], batch)
    return { requests, batch, name: batch === null ? first.key : `batch-${++keys}` }
  }

  function moves(own: Random): Request {
    return requestOf(own.chance(500) ? 'deduct' : 'top_up', own)
  }

  function newRequest(own: Random): Request {
    let left = own.int(1, 100)
    for (const [kind, share] of MIX) {
      left -= share
      if (left > 0) continue
      const from = kind === 'refund' ? charges : holds
      const hasTarget = kind === 'refund' || kind === 'capture' || kind === 'release'
      if (!hasTarget) return requestOf(kind, own)
      if (from.length === 0) break
      // Mostly recent ones, of which others may be thinking too.
      const target = from[Math.max(0, from.length - own.int(1, 20))]
      if (target === undefined) break
      const amount = kind === 'release' || own.chance(500) ? 0 : own.int(1, AMOUNT_MAX)
      return { ...requestOf(kind, own), account: target.account, amount, target: target.key }
    }
    return moves(own)
  }

  function requestOf(kind: Kind, own: Random): Request {
    // A few accounts are asked more than others.
    const share = own.int(0, 999) / 1_000
    const account = accounts[Math.floor(share * share * accounts.length)] ?? ''
    const isRead = kind === 'balance'
    const key = isRead ? '' : `${account}-${++keys}`
    return { kind, account, key, amount: isRead ? 0 : own.int(1, AMOUNT_MAX), target: '' }
  }

  /** Repeats every call whose outcome is open, with money where it lacks, until each is told. */
  async function resolve(): Promise<void> {
    for (let pass = 0; pass < RESOLVE_PASSES_MAX && open.size > 0; pass++) {
      for (const call of Array.from(open.values())) {
        await perform(call, 0, random)
        if (!open.has(call.name)) continue
        for (const { kind, account, amount } of call.requests) {
          if (kind !== 'deduct' && kind !== 'hold') continue
          const key = `${account}-${++keys}`
          const request: Request = { kind: 'top_up', account, key, amount, target: '' }
          await perform({ requests: [request], batch: null, name: key }, 0, random)
        }
      }
    }
  }

  /** Reads every account once more. */
  async function readAll(): Promise<void> {
    for (const account of accounts) {
      const request: Request = { kind: 'balance', account, key: '', amount: 0, target: '' }
      await perform({ requests: [request], batch: null, name: '' }, 0, random)
    }
  }

  return {
    ask,
    resolve,
    readAll,
    open,
    wrong,
    answers,
    cutCalls: () => cutCalls,
  }
}
