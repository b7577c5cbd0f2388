import type { FastifyInstance } from 'fastify'
import { GUIDES, readGuide, titleOf } from './guides.ts'
import { GUIDE_POLICY, renderPage } from './page.ts'

/** Public: a page for each guide, rendered once at the start. `/docs/guides` leads to the first. */
export async function guideRoutes(app: FastifyInstance): Promise<void> {
  const texts = GUIDES.map((name) => ({ name, text: readGuide(name) }))
  const links = texts.map(({ name, text }) => ({ name, title: titleOf(text) }))
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    // The redirect is relative, because a proxy may serve the service below a path.
    const [path = ''] = request.url.split('?', 1)
    return reply.redirect(path.endsWith('/') ? GUIDES[0] : `guides/${GUIDES[0]}`)
  })
  for (const { name, text } of texts) {
    const page = renderPage(text, links, name)
    app.get(`/${name}`, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .header('content-security-policy', GUIDE_POLICY)
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(page),
    )
  }
}
