import { styleText } from 'node:util'
import { VERSION } from '../package/version.ts'
import { type Status, counted } from './check.ts'
import type { Examined } from './examine.ts'

const MARKS: Record<Status, { mark: string; style: Parameters<typeof styleText>[0] }> = {
  pass: { mark: '✓', style: 'green' },
  warning: { mark: '!', style: 'yellow' },
  failure: { mark: '✗', style: ['red', 'bold'] },
  unseen: { mark: '?', style: 'cyan' },
}

export interface Look {
  hasColour: boolean
  /** The width of the terminal, in characters. */
  columns: number
}

export type Counts = Record<Status, number>

export function countsOf(examined: readonly Examined[]): Counts {
  const counts: Counts = { failure: 0, warning: 0, pass: 0, unseen: 0 }
  for (const { status } of examined.flatMap(({ lines }) => lines)) counts[status] += 1
  return counts
}

/** The checklist as text: a mark, the check and what it found, and below it the advice. */
export function describeExamination(examined: readonly Examined[], look: Look): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    look.hasColour ? styleText(style, text, { validateStream: false }) : text
  const all = examined.flatMap(({ lines }) => lines)
  const nameWidth = Math.max(...all.map(({ check }) => check.length))
  const indent = ' '.repeat(nameWidth + 6)
  const width = Math.max(look.columns - indent.length - 1, 30)

  const groups = examined.map(({ title, lines }) => {
    const rows = lines.map(({ check, status, reason, advice }) => {
      const { mark, style } = MARKS[status]
      const found = wrapped(reason, width).join(`\n${indent}`)
      const act = advice === undefined ? [] : wrapped(advice, width - 2)
      const acts = act.map((line, index) => `${indent}${index === 0 ? '→' : ' '} ${line}\n`)
      return (
        `  ${paint(style, mark)} ${check.padEnd(nameWidth)}  ${found}\n` +
        acts.map((line) => paint('dim', line)).join('')
      )
    })
    return `${paint('bold', title)}\n${rows.join('')}`
  })
  const { failure, warning, pass, unseen } = countsOf(examined)
  const verdict = failure > 0 ? 'failure' : warning > 0 ? 'warning' : 'pass'
  const summary =
    `${counted(failure, 'failure')}, ${counted(warning, 'warning')}, ${pass} passed, ` +
    `${unseen} can not be seen from here`
  return `Strongroom ${VERSION}, checked for production\n\n${groups.join('\n')}\n${paint(MARKS[verdict].style, summary)}\n`
}

/** Lines of at most `width` characters, broken between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
