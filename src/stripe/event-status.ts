import type { EVENT_STATUSES } from './tables.ts'

/** What becomes of an event, in answers and commands. */
export const SHOWN_STATUSES = ['parked', 'waiting', 'applied', 'ignored'] as const

export type StoredStatus = (typeof EVENT_STATUSES)[number]
export type ShownStatus = (typeof SHOWN_STATUSES)[number]

export function shownStatus(status: StoredStatus): ShownStatus {
  return status === 'pending' ? 'waiting' : status
}

export function storedStatus(status: ShownStatus): StoredStatus {
  return status === 'waiting' ? 'pending' : status
}
