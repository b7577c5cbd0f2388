import { readFileSync, writeFileSync } from 'node:fs'

/** `npm run bench:plot`: throughput.svg, from the figures in README.md of this folder. */
const README = new URL('README.md', import.meta.url)
export const PLOT = new URL('throughput.svg', import.meta.url)

interface Bar {
  label: string
  perSecond: number
  isOurs: boolean
}

/** What is compared, by the beginning of the table's row, in words for a reader who does not know it. */
const GROUPS = [
  {
    row: '`POST /deduct`, 10,000 accounts',
    title: 'Charges of 10,000 accounts',
    other: 'PostgreSQL alone: a ledger by hand, through pgbench',
  },
  {
    row: '`POST /deduct`, one account',
    title: 'Charges of one busy account',
    other: 'PostgreSQL alone: the same on that row',
  },
  {
    row: '`POST /deduct` against an empty route',
    title: 'Charges, and the same server without any work',
    other: 'an empty route behind the same guard',
  },
] as const

const OURS = 'Strongroom: HTTP, double entry, idempotency, audit log'
const [WIDTH, LEFT, BAR, GAP, LINE] = [720, 16, 18, 4, 16]
const LONGEST = WIDTH - 2 * LEFT - 60

/** @throws Error where the table lacks a row, or a row its two figures */
function barsOf(table: string, { row, other }: (typeof GROUPS)[number]): [Bar, Bar] {
  const line = table.split('\n').find((each) => each.startsWith(`| ${row}`))
  const [, ours, theirs] = /\(([\d,]+) : ([\d,]+)/.exec(line ?? '') ?? []
  if (ours === undefined || theirs === undefined) throw new Error(`No two figures for: ${row}`)
  const number = (text: string) => Number(text.replaceAll(',', ''))
  return [
    { label: OURS, perSecond: number(ours), isOurs: true },
    { label: other, perSecond: number(theirs), isOurs: false },
  ]
}

export function drawPlot(): string {
  const table = readFileSync(README, 'utf8')
  const groups = GROUPS.map((group) => ({ title: group.title, bars: barsOf(table, group) }))
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ perSecond }) => perSecond)))
  let y = 44
  const parts: string[] = []
  for (const { title, bars } of groups) {
    y += LINE + 8
    parts.push(`<text x="${LEFT}" y="${y}" class="title">${title}</text>`)
    y += 8
    for (const { label, perSecond, isOurs } of bars) {
      const width = Math.round((perSecond / most) * LONGEST)
      const middle = y + BAR - 5
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" class="${isOurs ? 'ours' : 'other'}"/>`,
        `<text x="${LEFT + width + 6}" y="${middle}">${perSecond.toLocaleString('en')}</text>`,
      )
      y += BAR + LINE
      parts.push(`<text x="${LEFT}" y="${y - 3}" class="label">${label}</text>`)
      y += GAP
    }
  }
  const height = y + 12
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d">
<title id="t">Calls a second, on two shared cores</title>
<desc id="d">${groups.map(({ title, bars: [ours, other] }) => `${title}: ${ours.perSecond.toLocaleString('en')} a second; ${other.label}: ${other.perSecond.toLocaleString('en')}.`).join(' ')}</desc>
<style>
text { font: 13px system-ui, sans-serif; fill: #1c2022 }
.head { font-size: 16px; font-weight: 600 }
.title { font-weight: 600 }
.label { font-size: 11px; fill: #57606a }
.ours { fill: #1b7f4d }
.other { fill: #b6bdc5 }
</style>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#fff"/>
<text x="${LEFT}" y="30" class="head">Calls a second, on two shared cores that also run PostgreSQL and the load</text>
${parts.join('\n')}
</svg>
`
}

if (import.meta.filename === process.argv[1]) writeFileSync(PLOT, drawPlot())
