import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../process/config.ts'

/** Names of this machine, under which a browser here may know the service. */
const LOCAL = ['localhost', '127.0.0.1', '[::1]']

export interface Origins {
  /** Whether it is the origin of our pages. */
  isOwn(origin: string | undefined): boolean
  /** Where our pages are, without a slash at the end; null where that is not known. */
  base(): string | null
}

/** `PUBLIC_URL`, or without it, outside production, the address listened on. */
export function originsOf(
  app: FastifyInstance,
  { publicUrl, production }: Pick<Config, 'publicUrl' | 'production'>,
): Origins {
  if (publicUrl !== undefined) {
    const { origin } = new URL(publicUrl)
    return { isOwn: (one) => one === origin, base: () => publicUrl }
  }
  if (production) return { isOwn: () => false, base: () => null }
  const port = () => (app.server.address() as AddressInfo | null)?.port
  return {
    isOwn: (one) =>
      one === app.listeningOrigin || LOCAL.some((host) => one === `http://${host}:${port()}`),
    base: () => app.listeningOrigin,
  }
}
