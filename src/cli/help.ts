import type { Command, Option } from './command.ts'

const HELP: Option = { type: 'boolean', summary: 'this text' }
const JSON_OPTION: Option = { type: 'boolean', summary: 'the result as JSON, for scripts' }

/** The options of a command, and those that every command has. */
export function optionsOf(command: Command): Record<string, Option> {
  return { ...command.options, ...(command.json === true && { json: JSON_OPTION }), help: HELP }
}

/** A list of all commands, or those of a group such as `keys`. */
export function describeCommands(commands: readonly Command[]): string {
  return `Usage: strongroom [<command>]

Without a command the packed service starts; in a checkout, \`npm start\` does that.

${table(commands.map((command) => [callOf(command), command.summary]))}
\`strongroom <command> --help\` says more of one; \`strongroom --version\` says which this is.
Exit codes: 0 done, 1 problem found or command failed, 2 usage error.
`
}

export function describeCommand(command: Command): string {
  const options = Object.entries(optionsOf(command))
  return `Usage: strongroom ${callOf(command)}${options.length > 1 ? ' [options]' : ''}

${sentence(command.summary)}${command.details === undefined ? '' : `\n${command.details}`}

${table(options.map(([name, option]) => [flag(name, option), option.summary]))}`
}

function callOf({ name, operands }: Command): string {
  return [name, ...operands.map(operandInHelp)].join(' ')
}

/** `<key_id>`, or `[<key_id>]` for one that may be left out. */
export function operandInHelp(operand: string): string {
  return operand.endsWith('?') ? `[<${operand.slice(0, -1)}>]` : `<${operand}>`
}

function flag(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function table(rows: (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
