import { createHash } from 'node:crypto'
import { Marked } from 'marked'

export interface PageLink {
  name: string
  title: string
}

/** The style of the guides. Like the rest of `/docs`, they load nothing from elsewhere. */
const STYLE = `:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 13rem minmax(0, 54rem); justify-content: center }
nav { padding: 2rem 1rem; position: sticky; top: 0; align-self: start }
nav a { display: block; padding: .2rem 0; color: inherit; text-decoration: none }
nav a:hover, nav a[aria-current] { text-decoration: underline }
nav strong { display: block; margin-bottom: .8rem }
main { padding: 1rem 2rem 4rem; border-left: 1px solid var(--line) }
main > p, main > ul, main > ol { max-width: 44rem }
h1 { line-height: 1.2 }
h2 { margin-top: 2.2rem }
code { font: .86em ui-monospace, monospace; background: var(--soft); padding: .1em .25em; border-radius: 3px }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; white-space: pre; overflow-x: auto }
pre code { background: none; padding: 0 }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line) }
th:last-child, td:last-child { padding-right: 0 }
@media (max-width: 760px) {
  body { display: block }
  nav { position: static; border-bottom: 1px solid var(--line); padding: 1rem }
  nav a { display: inline-block; margin-right: .9rem }
  main { padding: .5rem 1rem 3rem; border-left: 0 }
  td { overflow-wrap: anywhere }
  td:first-child code { white-space: nowrap }
}
`

export const GUIDE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Gives headings the same ids as GitHub, so that links to them work in both places. */
const markdownOf = new Marked({
  renderer: {
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens, this.parser.textRenderer)
      return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
    },
  },
})

/** @param text the heading, in which HTML may have escaped characters, such as `&amp;` */
function anchorOf(text: string): string {
  const plain = text.replaceAll(/&[a-z#0-9]+;/g, '').toLowerCase()
  return plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
}

/**
 * Renders a guide as a page, beside links to all guides. The Markdown is our own and contains nothing
 * from callers.
 */
export function renderPage(markdown: string, links: readonly PageLink[], current: string): string {
  const { title } = links.find(({ name }) => name === current) ?? { title: current }
  const content = markdownOf
    .parse(markdown, { async: false })
    // The guides link to each other by file name, as in the repository.
    .replaceAll(/href="([a-z-]+)\.md(#[^"]*)?"/g, 'href="$1$2"')
  const items = links.map((link) => {
    return `<a href="${link.name}"${link.name === current ? ' aria-current="page"' : ''}>${link.title}</a>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Strongroom</title>
<style>${STYLE}</style>
</head>
<body>
<nav><strong>Strongroom</strong>${items.join('\n')}
<a href="../../docs">All calls</a></nav>
<main>${content}</main>
</body>
</html>
`
}
