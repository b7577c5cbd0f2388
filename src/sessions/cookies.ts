import type { FastifyReply } from 'fastify'

const NAMES = { console: 'strongroom_console', portal: 'strongroom_portal' } as const

export type CookieKind = keyof typeof NAMES

/**
 * The two cookies. `Secure` works on plain HTTP too where the browser trusts the address, which
 * browsers do with `localhost`. The prefix, with which no other host can set the cookie, needs TLS.
 */
export function cookies(publicUrl: string | undefined) {
  const prefix = publicUrl?.startsWith('https:') === true ? '__Host-' : ''
  const nameOf = (kind: CookieKind) => prefix + NAMES[kind]
  const write = (reply: FastifyReply, kind: CookieKind, value: string, seconds: number) =>
    void reply.header(
      'set-cookie',
      `${nameOf(kind)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Strict`,
    )
  return {
    nameOf,
    set: write,
    clear: (reply: FastifyReply, kind: CookieKind) => write(reply, kind, '', 0),
  }
}
