import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fulfilled, rejected } from '../../src/funds/committing.ts'
import { SetAside } from '../../src/funds/set-aside.ts'
import { type WaitingRoomOptions, busyAccount, waitingRoom } from '../../src/funds/waiting-room.ts'
import { Refusal } from '../../src/refusals/index.ts'

interface Charge {
  user: string
  sent: boolean
}

type Options = WaitingRoomOptions<Charge, string>

const charge = (user: string, sent = false): Charge => ({ user, sent })

/** Three lanes, whose commits take a few milliseconds unless it is said otherwise. */
function room(options: Partial<Options> = {}) {
  return waitingRoom<Charge, string>({
    lanes: 3,
    batchMax: 500,
    waitingMax: 4_000,
    lineMax: 2_000,
    patienceMs: 2_000,
    keyOf: ({ user }) => user,
    commit: async (batch) => {
      await delay(4)
      return batch.map(({ user }) => fulfilled(user))
    },
    isBusy: (reason) => reason instanceof SetAside,
    giveUp: ({ sent }) => (sent ? new Refusal('OUTCOME_UNKNOWN') : busyAccount()),
    ...options,
  })
}

/** The room's own timers keep no process running. */
function keepRunning(t: TestContext): void {
  const timer = setInterval(() => undefined, 1_000)
  t.after(() => clearInterval(timer))
}

/** Callers who call again and again, until they are to stop; each has the next call there already. */
function callers(
  { submit }: ReturnType<typeof room>,
  users: readonly string[],
  stopping: AbortSignal,
) {
  const done = new Map(users.map((user) => [user, 0]))
  const call = async (user: string) => {
    while (!stopping.aborted) {
      await submit(charge(user))
      done.set(user, (done.get(user) ?? 0) + 1)
    }
  }
  return { done, end: Promise.all(users.flatMap((user) => [call(user), call(user), call(user)])) }
}

test('more busy accounts than lanes have a fair share of them', async () => {
  const stopping = AbortSignal.timeout(800)
  const { done, end } = callers(room(), ['a', 'b', 'c', 'd', 'e'], stopping)
  await end
  const counts = [...done.values()]
  assert.ok(Math.min(...counts) > Math.max(...counts) / 2, counts.join())
})

for (const lanes of [3, 1]) {
  test(`an account that was locked is served beside busy ones, on ${lanes} lanes`, async () => {
    const stopping = new AbortController()
    let isLocked = true
    const setAside = room({
      lanes,
      commit: async (batch) => {
        const isHeldUp = isLocked && batch[0]?.user === 'locked'
        await delay(isHeldUp ? 50 : 4)
        if (isHeldUp) isLocked = false
        return batch.map(({ user }) => (isHeldUp ? rejected(new SetAside()) : fulfilled(user)))
      },
    })
    const { end } = callers(setAside, ['a', 'b', 'c', 'd'], stopping.signal)
    assert.equal(await setAside.submit(charge('locked')), 'locked')
    assert.equal(isLocked, false, 'after it had failed once')
    stopping.abort()
    await end
  })
}

test('accounts that stay locked leave most of the time to others', async (t) => {
  keepRunning(t)
  const stopping = AbortSignal.timeout(1_000)
  let attemptedMs = 0
  const setAside = room({
    lanes: 1,
    // So that one of the callers waits whenever the lane is free.
    batchMax: 2,
    commit: async (batch) => {
      const isLocked = batch[0]?.user.startsWith('locked') ?? false
      await delay(isLocked ? 50 : 4)
      if (isLocked) attemptedMs += 50
      return batch.map(({ user }) => (isLocked ? rejected(new SetAside()) : fulfilled(user)))
    },
  })
  const locked = ['locked 1', 'locked 2', 'locked 3', 'locked 4', 'locked 5']
  const waiting = Promise.allSettled(locked.map((user) => setAside.submit(charge(user))))
  const { done, end } = callers(setAside, ['ada'], stopping)
  await end
  // Each is tried once as a new one; from then on they have a third of the time.
  assert.ok(attemptedMs < 5 * 50 + 500, `${attemptedMs} ms`)
  assert.ok((done.get('ada') ?? 0) > 50, `${done.get('ada')} calls`)
  for (const outcome of await waiting) assert.equal(outcome.status, 'rejected')
})

test('what may have been done is never refused for want of room', async (t) => {
  keepRunning(t)
  for (const bound of [{ waitingMax: 0 }, { lineMax: 0 }]) {
    const done = room(bound)
    await assert.rejects(done.submit(charge('ada')), { code: 'OVERLOADED' })
    assert.equal(await done.submit(charge('ada', true)), 'ada')
    const locked = room({
      ...bound,
      patienceMs: 50,
      commit: async (batch) => batch.map(() => rejected(new SetAside())),
    })
    await assert.rejects(locked.submit(charge('ada', true)), { code: 'OUTCOME_UNKNOWN' })
  }
})

test('a line is committed in portions, by number and by weight', async () => {
  const sizes: number[] = []
  const setAside = room({
    batchMax: 10,
    weightOf: ({ user }) => (user === 'heavy' ? 4 : 1),
    weightMax: 12,
    commit: async (batch) => {
      await delay(4)
      sizes.push(batch.length)
      return batch.map(({ user }) => fulfilled(user))
    },
  })
  const submitAll = (user: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => setAside.submit(charge(user))))
  await submitAll('light', 25)
  assert.deepEqual(sizes.splice(0), [1, 10, 10, 4])
  await submitAll('heavy', 7)
  assert.deepEqual(sizes, [1, 3, 3])
})
