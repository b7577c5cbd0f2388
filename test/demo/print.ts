import { isatty } from 'node:tty'

const inColour = isatty(1) && process.env['NO_COLOR'] === undefined
const paint = (code: number) => (text: string) =>
  inColour ? `\u001b[${code}m${text}\u001b[0m` : text

export const bold = paint(1)
export const faint = paint(2)
const green = paint(32)

const LABEL_WIDTH = 49
let chapters = 0

/** A new part of the story, and in a sentence what it is about. */
export function chapter(title: string, about: string): void {
  chapters += 1
  process.stdout.write(`\n${bold(`${chapters}. ${title}`)}\n   ${faint(about)}\n`)
}

/** One thing that was done, and what came of it. */
export function line(what: string, result: string): void {
  process.stdout.write(`   ${what.padEnd(LABEL_WIDTH)} ${green(result)}\n`)
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Of a secret or a token, enough to recognise it by. */
export function shortened(text: string): string {
  return `${text.slice(0, 14)}…`
}

/** An amount in cents as dollars. */
export function dollars(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`
}
