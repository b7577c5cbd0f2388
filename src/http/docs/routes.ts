import type { FastifyInstance } from 'fastify'
import { GUIDES, readGuide, titleOf } from './guides.ts'
import { GUIDE_POLICY, renderPage } from './page.ts'

/** Public: `/docs/guides/…`, a page for each guide. All are rendered once, at the start. */
export async function guideRoutes(app: FastifyInstance): Promise<void> {
  const texts = GUIDES.map((name) => ({ name, text: readGuide(name) }))
  const links = texts.map(({ name, text }) => ({ name, title: titleOf(text) }))
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
