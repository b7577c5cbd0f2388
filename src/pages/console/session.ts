import { signal } from '@preact/signals'
import { adminOperations, publicOperations } from '../../client/generated/operations.ts'
import { type Schemas, caller, errorOf, notKept, request } from '../shared/api.ts'

export type Session = Schemas['ConsoleSession']
export type Permission = Session['permissions'][number]

/** Undefined until it is known; null for a browser that is not signed in. */
export const session = signal<Session | null | undefined>(undefined)
/** Whether a session was there and has ended, which the sign-in page says. */
export const hasEnded = signal(false)

export const api = caller({ ...publicOperations, ...adminOperations }, () => {
  hasEnded.value = true
  session.value = null
})

export async function readSession(): Promise<void> {
  const response = await request('GET', '/console/session')
  if (!response.ok) throw await errorOf(response)
  session.value = ((await response.json()) as Schemas['ConsoleVisit']).session
}

export async function signIn(token: string): Promise<void> {
  const response = await request('POST', '/console/session', { token })
  if (!response.ok) throw await errorOf(response)
  hasEnded.value = false
  await readSession()
  if (session.value === null) throw notKept()
}

export async function signOut(): Promise<void> {
  const response = await request('DELETE', '/console/session')
  if (!response.ok) throw await errorOf(response)
  hasEnded.value = false
  session.value = null
}

/** Whether the token may; what it may not is not offered, and refused by the service all the same. */
export function may(permission: Permission): boolean {
  return session.value?.permissions.includes(permission) ?? false
}
