import type { Report } from './progress.ts'

export interface Option {
  type: 'string' | 'boolean'
  /** What stands for the value of a string in the help, such as `file`. */
  value?: string
  summary: string
}

type Operands = readonly string[]
type Options = Readonly<Record<string, Option>>

/** What a command is called with, complete and of the right number when it runs. */
export interface Call<O extends Operands = Operands, P extends Options = Options> {
  operands: { readonly [Index in keyof O]: string }
  options: { readonly [Name in keyof P]?: P[Name]['type'] extends 'boolean' ? boolean : string }
  /** Shows on a terminal how far long work is; `label` says what is being done. */
  withProgress: <T>(label: string, work: (report: Report) => Promise<T>) => Promise<T>
  /** Of the terminal that the result goes to, or what suits a file. */
  look: { hasColour: boolean; columns: number }
  /** For what is too long to be one result: resolves when there is room for more. */
  write: (text: string) => Promise<void>
}

export interface Result {
  /** For people; ends with a line break. */
  text: string
  /** The same for scripts, of commands that take `--json`. */
  json?: unknown
  /** Whether something was found that should not be: the exit code is 1. */
  isFinding?: boolean
}

export interface Command<O extends Operands = Operands, P extends Options = Options> {
  /** One word or two, such as `keys issue`. */
  name: string
  /** One line, for the list of all commands. */
  summary: string
  /** What else somebody wants to know before calling it. */
  details?: string
  /** Names of the arguments, each of which must be given. */
  operands: O
  options: P
  /** Whether the result has a form for scripts, with `--json`. */
  json?: boolean
  run(call: Call<O, P>): Promise<Result>
}

/** Ties the arguments that `run` gets to those that the command says it takes. */
export function command<const O extends Operands, const P extends Options>(
  definition: Command<O, P>,
): Command {
  return definition
}

/** The command was called in a way it can not be called in: the exit code is 2. */
export class WrongCall extends Error {}
