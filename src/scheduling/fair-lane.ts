import { Refusal } from '../refusals/index.ts'

interface Job {
  work: () => Promise<boolean>
  resolve: (result: boolean) => void
  reject: (error: unknown) => void
}

export interface FairLaneOptions {
  /** How many jobs run at once, each of another owner. */
  concurrentMax: number
  /** How many jobs may wait: in all, and for each owner. Further jobs are refused at once. */
  waitingMax: number
  waitingOfOneMax: number
  /** How long an owner's next job waits after a job that returned false. */
  restMs: number
}

/**
 * Runs expensive jobs that any caller can cause. Owners take turns, with one running job each:
 * between two jobs of an owner, every other owner runs at most one.
 */
export function fairLane(options: FairLaneOptions) {
  /** The jobs of each owner that has one waiting or running, or that still rests. */
  const queues = new Map<string, Job[]>()
  /** Owners that may run a job, in the order of their turns. */
  const ready: string[] = []
  let running = 0
  let waiting = 0

  /** @throws Refusal `OVERLOADED` when too many wait already */
  async function run(owner: string, work: () => Promise<boolean>): Promise<boolean> {
    const queue = queues.get(owner) ?? []
    if (waiting >= options.waitingMax || queue.length >= options.waitingOfOneMax) {
      throw new Refusal('OVERLOADED')
    }
    return new Promise((resolve, reject) => {
      queue.push({ work, resolve, reject })
      waiting++
      if (!queues.has(owner)) {
        queues.set(owner, queue)
        ready.push(owner)
      }
      dispatch()
    })
  }

  function dispatch(): void {
    while (running < options.concurrentMax) {
      const owner = ready.shift()
      if (owner === undefined) return
      const job = queues.get(owner)?.shift()
      if (job !== undefined) void take(owner, job)
    }
  }

  async function take(owner: string, { work, resolve, reject }: Job): Promise<void> {
    running++
    waiting--
    let isRestDue = true
    try {
      const result = await work()
      isRestDue = !result
      resolve(result)
    } catch (error) {
      reject(error)
    } finally {
      running--
      if (isRestDue) setTimeout(() => rejoin(owner), options.restMs).unref()
      else rejoin(owner)
      dispatch()
    }
  }

  function rejoin(owner: string): void {
    if (queues.get(owner)?.length === 0) queues.delete(owner)
    else ready.push(owner)
    dispatch()
  }

  return { run, load: () => ({ running, waiting }) }
}
