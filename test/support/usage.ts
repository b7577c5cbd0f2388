import type { Answer, Service } from './service.ts'

const DAY_MS = 86_400_000

/** Calls with a customer's API key. */
export function asCustomer(service: Service, apiKey: string) {
  return (method: string, path: string, body?: unknown): Promise<Answer> =>
    service.call(method, path, { body, headers: { 'x-api-key': apiKey } })
}

export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * DAY_MS)
}

/** Midnight in UTC, this many days ago. */
export function startOfDay(days: number): Date {
  return new Date(Math.floor(daysAgo(days).getTime() / DAY_MS) * DAY_MS)
}
