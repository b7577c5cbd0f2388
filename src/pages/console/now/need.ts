/** What someone has to look at. */
export interface Need {
  tone: 'bad' | 'warn'
  what: string
  why: string
  href?: string
  /** Its parts, on request. */
  parts?: readonly { name: string; text: string }[]
}

export const bad = (what: string, why: string, href?: string): Need => {
  return { tone: 'bad', what, why, ...(href !== undefined && { href }) }
}
export const warn = (what: string, why: string, href?: string): Need => ({
  ...bad(what, why, href),
  tone: 'warn',
})

export const when = (holds: boolean, need: Need): Need[] => (holds ? [need] : [])
