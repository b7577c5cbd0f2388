import { signal } from '@preact/signals'
import { internalOperations, publicOperations } from '../../client/generated/operations.ts'
import { type Schemas, caller, errorOf, notKept, request } from '../shared/api.ts'

export type Session = Schemas['UserPortalSession']

export type Visit =
  | { is: 'opening' }
  | { is: 'open'; session: Session }
  /** Why there is none: the link was spent, or the session has ended. */
  | { is: 'closed'; why: string }

export const visit = signal<Visit>({ is: 'opening' })

export const api = caller({ ...publicOperations, ...internalOperations }, () => {
  if (visit.value.is === 'open') visit.value = { is: 'closed', why: ENDED }
})

const ENDED = 'Your session has ended. Open the portal again from where you came.'
const NONE = 'Open the portal from the app that has sent you here; its link works once.'

/** Of a link that has been taken out of the address and not spent yet. */
let secret: string | null = null

/** Takes the link's secret out of the address, if there is one, and spends it. Can be tried again. */
export async function openVisit(): Promise<void> {
  const given = location.hash.slice(1)
  if (/^[0-9A-Za-z]{43}$/.test(given)) {
    secret = given
    history.replaceState(null, '', location.pathname + location.search)
  }
  if (secret === null) return readVisit(NONE)
  const response = await request('POST', '/portal/session/open', { secret })
  if (response.status === 410) {
    secret = null
    visit.value = { is: 'closed', why: (await errorOf(response)).message }
    return
  }
  if (!response.ok) throw await errorOf(response)
  secret = null
  await readVisit(notKept().message)
}

export async function readVisit(why = ENDED): Promise<void> {
  const response = await request('GET', '/portal/session')
  if (!response.ok) throw await errorOf(response)
  const { session } = (await response.json()) as Schemas['UserPortalVisit']
  visit.value = session === null ? { is: 'closed', why } : { is: 'open', session }
}

/** How long the service is given to say the same, where this clock is ahead of its own. */
const AGAIN_MS = 5_000
/** The longest that a browser waits at once. */
const WAIT_MS = 60_000

/**
 * Closes the page when its session ends, also where the browser has slept meanwhile.
 * @returns what stops that
 */
export function closeAtEnd({ expires_at: end }: Session): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  const look = () => {
    clearTimeout(timer)
    if (isOver) return
    const left = Date.parse(end) - Date.now()
    if (left > 0) {
      timer = setTimeout(look, Math.min(left, WAIT_MS))
      return
    }
    readVisit().then(
      () => (timer = setTimeout(look, AGAIN_MS)),
      () => {
        if (!isOver) visit.value = { is: 'closed', why: ENDED }
      },
    )
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    isOver = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  }
}

export async function leave(): Promise<void> {
  const response = await request('DELETE', '/portal/session')
  if (!response.ok) throw await errorOf(response)
  visit.value = { is: 'closed', why: 'You have closed the portal.' }
}
