import { Refusal, type RefusalCode } from '../refusals/index.ts'

/**
 * Waits for work for a limited time. The work itself goes on after the refusal.
 * @throws Refusal with the given code, when the time is over
 */
export async function inTime<T>(work: Promise<T>, ms: number, code: RefusalCode): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Refusal(code)), ms)
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
