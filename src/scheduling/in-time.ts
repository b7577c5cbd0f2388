import { Refusal, type RefusalCode } from '../refusals/index.ts'

/**
 * What is not there in time is refused; the work itself goes on.
 * @throws Refusal with that code
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
