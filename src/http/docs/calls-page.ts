import { createHash } from 'node:crypto'

/**
 * Hides what is of no use here (links between operations, a second link to the document, the only
 * server, the licence), darkens text that is too pale to read, and makes the rest fit a phone.
 */
const STYLE = `.swagger-ui .info { margin: 32px 0 }
.swagger-ui .info hgroup.main > a,
.swagger-ui .info .info__license,
.swagger-ui .servers-title,
.swagger-ui .servers,
.swagger-ui .response-col_links { display: none }
.swagger-ui .scheme-container { padding: 16px 0 }
.swagger-ui .markdown code,
.swagger-ui .renderedMarkdown code { padding: 1px 3px }
.swagger-ui .auth-container input { width: 100%; max-width: 34rem }
.swagger-ui .opblock-body { overflow-x: auto }
html.dark-mode body { background: #1c2022 }
html.dark-mode .swagger-ui .header-col { color: inherit }
html:not(.dark-mode) .swagger-ui .btn.authorize { color: #1b7f4d }
.swagger-ui .info .title small.version-stamp { background-color: #4b7a00 }
.swagger-ui .opblock .opblock-summary-method { color: #000; text-shadow: none }
@media (max-width: 600px) {
  .swagger-ui .wrapper { padding: 0 8px }
  .swagger-ui .opblock-tag { flex-wrap: wrap }
  .swagger-ui .opblock-tag a { flex: 1 }
  .swagger-ui .opblock-tag small { flex: 1 0 100%; order: 1; padding: 4px 0 0 }
  .swagger-ui .opblock .opblock-summary-method { min-width: 60px; padding: 6px 4px }
  .swagger-ui .responses-inner,
  .swagger-ui .opblock .opblock-section-header { padding: 8px }
  .swagger-ui table thead tr td,
  .swagger-ui table thead tr th { padding: 8px 0 }
  .swagger-ui .response-col_status { min-width: 40px; width: 40px; padding-right: 8px }
  .swagger-ui .response-col_description { width: auto }
  .swagger-ui .response-controls { flex-wrap: wrap }
}
`

/** Swagger UI is dark if it has a class, which it sets only in the layout with its bar. */
const SCRIPT = `const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', follow)
follow()
`

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What the page at `/docs` may load: its own files, the document, and icons inside its styles. */
export const PAGE_POLICY = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'connect-src': "'self'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': `'self' ${hashOf(SCRIPT)}`,
  'style-src': `'self' ${hashOf(STYLE)}`,
}

/** What the page's own template lacks. Without the viewport a phone shows it as wide as a desktop. */
export const PAGE_HEAD =
  '<meta name="viewport" content="width=device-width, initial-scale=1">' +
  `<style>${STYLE}</style><script>${SCRIPT}</script></head>`
