import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../refusals/index.ts'
import type { Identity } from './identity.ts'

/** What a user may change in the portal, besides reading. */
export type PortalRight = 'top_up' | 'auto_top_up' | 'budgets'

/** A user's session in the portal. */
export interface PortalVisit {
  sessionId: string
  userId: string
  allow: ReadonlySet<PortalRight>
  /** With the permissions that its reading and `allow` stand for. */
  identity: Identity
  isOwnTransfer(transferId: string): boolean
}

/** Finds the living session behind a request's cookie. */
export interface Sessions {
  /** The identity of the token that signed in; null where no session of the console is behind it. */
  ofConsole(request: FastifyRequest): Promise<Identity | null>
  ofPortal(request: FastifyRequest): Promise<PortalVisit | null>
  /** Whether a page of ours sent the request. */
  isOwnOrigin(origin: string | undefined): boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The user's session behind a request of the portal; null for all others. */
    portal: PortalVisit | null
  }
  interface FastifyContextConfig {
    /** Opens a route of the internal scope to the portal: for reading, or with what `allow` names. */
    portal?: 'read' | PortalRight
  }
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A cookie is sent whoever made the page, so a change needs the origin of our own pages.
 * @throws Refusal `ORIGIN_NOT_ALLOWED`
 */
export function requireOwnOrigin(request: FastifyRequest, sessions: Sessions): void {
  if (READING.has(request.method) || sessions.isOwnOrigin(request.headers.origin)) return
  throw new Refusal('ORIGIN_NOT_ALLOWED')
}

/** Documents `ORIGIN_NOT_ALLOWED` for later routes of `app` that change something and take a cookie. */
export function documentOrigins(
  app: FastifyInstance,
  takesCookie: (config: FastifyContextConfig) => boolean = () => true,
): void {
  app.addHook('onRoute', (route) => {
    if (READING.has(String(route.method)) || !takesCookie(route.config ?? {})) return
    const refusals = [...(route.config?.refusals ?? []), 'ORIGIN_NOT_ALLOWED'] as const
    route.config = { ...route.config, refusals }
  })
}

/** The first value of a cookie in the header; undefined where there is none. Linear in its length. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [before = '', value = ''] = pair.split('=', 2)
    if (before.trim() === name) return value.trim()
  }
  return undefined
}
