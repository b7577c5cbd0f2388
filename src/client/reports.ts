import type { components } from './generated/schema.ts'
import { delayMs, pause } from './transport.ts'

type Receipt = components['schemas']['UsageBatchReceipt']

/**
 * Sends reports, each with an id, and repeats those whose outcome is unknown: with their ids they
 * count once. The results are in the order of the reports; what remains is as the newest answer says.
 */
export async function sendReports(
  reports: readonly Record<string, unknown>[],
  send: (body: Record<string, unknown>) => Promise<unknown>,
  retries: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<Receipt> {
  let newest = (await send({ reports })) as Receipt
  const results = [...newest.results]
  for (let tries = 0; tries < retries; tries += 1) {
    const open = results.flatMap(({ code }, index) => (code === 'OUTCOME_UNKNOWN' ? [index] : []))
    if (open.length === 0) break
    await pause(delayMs(tries, 0), signal)
    newest = (await send({ reports: open.map((index) => reports[index]) })) as Receipt
    newest.results.forEach((result, place) => {
      const index = open[place]
      if (index !== undefined) results[index] = result
    })
  }
  return { ...newest, results }
}
