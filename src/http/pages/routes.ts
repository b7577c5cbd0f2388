import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { assetRoutes, readBuilt } from './assets.ts'
import { NOT_BUILT, PAGE_POLICY, shellOf } from './shell.ts'

interface PageOptions {
  hasConsole: boolean
  /**
   * The URL at which browsers reach the service; undefined if it is the address that it listens at.
   */
  publicUrl: string | undefined
  version: string
}

/** Public: `/`, the pages, and their files. */
export async function pageRoutes(
  app: FastifyInstance,
  { hasConsole, publicUrl, version }: PageOptions,
): Promise<void> {
  const built = readBuilt()
  const base = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')

  const page = (name: string, title: string) => {
    const entry = built?.entries.get(name)
    const text = entry === undefined ? null : shellOf(title, entry, base)
    return async (_request: FastifyRequest, reply: FastifyReply) => {
      if (text === null) return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT)
      return reply
        .header('content-security-policy', PAGE_POLICY)
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(text)
    }
  }

  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    void reply.header('vary', 'accept').header('cache-control', 'no-cache')
    if (request.headers.accept?.includes('text/html') === true) {
      return reply.redirect(`${base}/${hasConsole ? 'console' : 'docs'}`)
    }
    return {
      name: 'Strongroom',
      version,
      ...(hasConsole && { console: `${base}/console` }),
      docs: `${base}/docs`,
      openapi: `${base}/openapi.json`,
      health: `${base}/health`,
    }
  })
  await app.register(assetRoutes, { built })
  app.get('/portal', { schema: { hide: true } }, page('portal', 'Your credit'))
  if (!hasConsole) return
  const console = page('console', 'Strongroom')
  app.get('/console', { schema: { hide: true } }, console)
  // The script reads the rest of the path.
  app.get('/console/*', { schema: { hide: true } }, console)
}
