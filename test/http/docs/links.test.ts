import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { marked } from 'marked'
import { PLOT, drawPlot } from '../../bench/plot.ts'

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
  const links = PAGES.flatMap((page) => {
    const own = linksOf(readFileSync(page, 'utf8')).filter(
      (link) => !/^(https?|mailto):/.test(link),
    )
    return own.map((link) => ({ page, link }))
  })
  assert.ok(links.length > 100)
  const broken = links.filter(({ page, link }) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), decodeURI(path))
    if (!existsSync(target)) return true
    if (anchor === undefined) return false
    return !statSync(target).isFile() || !anchorsOf(readFileSync(target, 'utf8')).has(anchor)
  })
  assert.deepEqual(broken, [])
})

test('the plot shows the figures of the table', () => {
  assert.equal(readFileSync(PLOT, 'utf8'), drawPlot())
})
