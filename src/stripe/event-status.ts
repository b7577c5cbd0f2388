import type { EVENT_STATUSES } from './tables.ts'

/** The statuses of an event, as answers and commands name them. */
export const SHOWN_STATUSES = ['parked', 'waiting', 'applied', 'ignored'] as const

export type StoredStatus = (typeof EVENT_STATUSES)[number]
export type ShownStatus = (typeof SHOWN_STATUSES)[number]

export function shownStatus(status: StoredStatus): ShownStatus {
  return status === 'pending' ? 'waiting' : status
}

export function storedStatus(status: ShownStatus): StoredStatus {
  return status === 'waiting' ? 'pending' : status
}
