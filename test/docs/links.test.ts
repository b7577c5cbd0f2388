import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { marked } from 'marked'
import { PLOT, drawPlot } from '../bench/plot.ts'

const PAGES = ['.', 'deploy', 'findings', 'src', 'test'].flatMap((folder) =>
  readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name)),
)

/** As GitHub makes them: https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links */
function anchorsOf(markdown: string): Set<string> {
  const outside = markdown.replaceAll(/^```.*?^```$/gms, '')
  const headings = [...outside.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

function linksOf(markdown: string): string[] {
  const links: string[] = []
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'link' || token.type === 'image') links.push(String(token['href']))
  })
  return links
}

test('every link between the documents leads to a file, and to a heading where it names one', () => {
  let followed = 0
  for (const page of PAGES) {
    for (const link of linksOf(readFileSync(page, 'utf8'))) {
      if (/^(https?|mailto):/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), decodeURI(path))
      followed++
      assert.ok(existsSync(target), `${page}: ${link}`)
      if (anchor === undefined) continue
      assert.ok(statSync(target).isFile(), `${page}: ${link}`)
      assert.ok(anchorsOf(readFileSync(target, 'utf8')).has(anchor), `${page}: ${link}`)
    }
  }
  assert.ok(followed > 100)
})

test('the plot shows the figures of the table', () => {
  assert.equal(readFileSync(PLOT, 'utf8'), drawPlot())
})
