import type { Report } from './progress.ts'

export interface Option {
  type: 'string' | 'boolean'
  /** The placeholder of a string's value in the help, such as `file`. */
  value?: string
  summary: string
}

type Operands = readonly string[]
type Options = Readonly<Record<string, Option>>

/** The arguments of a command; they are complete when it runs. */
export interface Call<O extends Operands = Operands, P extends Options = Options> {
  operands: {
    readonly [Index in keyof O]: O[Index] extends `${string}?` ? string | undefined : string
  }
  options: { readonly [Name in keyof P]?: P[Name]['type'] extends 'boolean' ? boolean : string }
  /** Shows the progress of long work on a terminal; `label` names the work. */
  withProgress: <T>(label: string, work: (report: Report) => Promise<T>) => Promise<T>
  /** The terminal that the result goes to, or values that suit a file. */
  look: { hasColour: boolean; columns: number }
  /** For output that is too long for one result; resolves when there is room for more. */
  write: (text: string) => Promise<void>
}

export interface Result {
  /** For people; ends with a line break. */
  text: string
  /** For scripts: the same, for commands that take `--json`. */
  json?: unknown
  /** Whether a problem was found: the exit code is then 1. */
  isFinding?: boolean
}

export interface Command<O extends Operands = Operands, P extends Options = Options> {
  /** One word or two, such as `keys issue`. */
  name: string
  /** One line, for the list of all commands. */
  summary: string
  /** More help, for the page of this command. */
  details?: string
  /** Names of the arguments. Optional ones end in `?` and come last. */
  operands: O
  options: P
  /** Whether the result has a form for scripts, with `--json`. */
  json?: boolean
  run(call: Call<O, P>): Promise<Result>
}

/** Ties the arguments that `run` gets to those that the command declares. */
export function command<const O extends Operands, const P extends Options>(
  definition: Command<O, P>,
): Command {
  return definition
}

/** The text of a list for people; it says so if the list is empty. */
export function textOfList(lines: readonly string[], what: string): string {
  return lines.length === 0 ? `There are no ${what}.\n` : lines.join('')
}

/** Wrong usage of a command: the exit code is 2. */
export class WrongCall extends Error {}
