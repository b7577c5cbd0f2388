import type { Place } from './operations.ts'

/** A transfer's public id carries its place: account and number, which are its primary key. */
export function transferId(place: Place): string {
  return `tr_${place.accountId}_${place.seq}`
}

/** A hold has the number of the transfer that made it. */
export function holdId(place: Place): string {
  return `hold_${place.accountId}_${place.seq}`
}

/** A grant has a number of its own among those of its account. */
export function grantId(place: Place): string {
  return `grant_${place.accountId}_${place.seq}`
}

/** The place in an id that matches its schema. */
export function placeOf(id: string): Place {
  const [, accountId = '0', seq = '0'] = id.split('_')
  return { accountId: BigInt(accountId), seq: BigInt(seq) }
}
