import { parseArgs } from 'node:util'
import { nearest } from '../encoding/nearest.ts'
import { UnreadableFile } from '../encoding/unreadable-file.ts'
import { Refusal } from '../refusals/index.ts'
import { explainStartupFault } from '../process/startup-faults.ts'
import { VERSION } from '../package/version.ts'
import { type Call, type Command, WrongCall } from './command.ts'
import { describeCommand, describeCommands, operandInHelp, optionsOf } from './help.ts'
import { toJson } from './json.ts'
import { COMMANDS } from './list.ts'
import { type Terminal, withProgress } from './progress.ts'

const NAMES = COMMANDS.map(({ name }) => name)

export interface Streams {
  out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  err: Terminal
}

/**
 * Runs `strongroom <args>`. @returns the exit code: 0 done, 1 a problem found or a failed command, 2
 * a usage error
 */
export async function runCommand(given: string[], streams: Streams): Promise<0 | 1 | 2> {
  // Accepts `strongroom help keys issue`, as other programs do.
  const args = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const optionsAt = args.findIndex((arg) => arg.startsWith('-'))
  const words = optionsAt === -1 ? args : args.slice(0, optionsAt)
  const command = COMMANDS.find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
  const write = writer(streams.out)
  try {
    if (command === undefined) {
      await write(answerWithoutCommand(args, words))
      return 0
    }
    const { call, isHelp, isJson } = parse(command, args, streams)
    if (isHelp) {
      await write(describeCommand(command))
      return 0
    }
    const result = await command.run({ ...call, write })
    await write(isJson ? toJson(result.json) : result.text)
    return result.isFinding === true ? 1 : 0
  } catch (error) {
    return explain(error, command, streams.err)
  }
}

/** @throws WrongCall except for help and version */
function answerWithoutCommand(args: string[], words: string[]): string {
  const [option] = args.slice(words.length)
  if (words.length === 0 && option === '--version') return `${VERSION}\n`
  const group = COMMANDS.filter(({ name }) => words.length === 0 || name.split(' ')[0] === words[0])
  const text = describeCommands(group.length > 0 ? group : COMMANDS)
  if (group.length === 0 || words.length > 1) {
    const called = words.join(' ')
    const meant = nearest(called, group.length > 0 ? group.map(({ name }) => name) : NAMES)
    const hint = meant === undefined ? '' : ` Is \`${meant}\` meant?`
    throw new WrongCall(`There is no command \`${called}\`.${hint}\n\n${text}`)
  }
  if (option === '--help' || option === '-h') return text
  throw new WrongCall(option === undefined ? text : `Unknown option '${option}'.\n\n${text}`)
}

function parse(command: Command, args: string[], streams: Streams) {
  const options = Object.fromEntries(
    Object.entries(optionsOf(command)).map(([name, { type }]) => [
      name,
      name === 'help' ? { type, short: 'h' } : { type },
    ]),
  )
  const { positionals, values } = parsed(args, options)
  const operands = positionals.slice(command.name.split(' ').length)
  const { help, json, ...rest } = values
  const most = command.operands.length
  const least = command.operands.filter((operand) => !operand.endsWith('?')).length
  if (help !== true && (operands.length < least || operands.length > most)) {
    const expected = command.operands.map(operandInHelp).join(' ')
    throw new WrongCall(`\`${command.name}\` takes ${expected || 'no arguments'}.`)
  }
  const call: Omit<Call, 'write'> = {
    operands,
    // `parseArgs` has given each option the type that the command declares.
    options: rest as Call['options'],
    look: {
      // https://no-color.org
      hasColour: streams.out.isTTY === true && !process.env['NO_COLOR'],
      columns: streams.out.columns || 100,
    },
    withProgress: (label, work) => withProgress(streams.err, label, work),
  }
  return { call, isHelp: help === true, isJson: json === true }
}

function parsed(args: string[], options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
  try {
    return parseArgs({ args, allowPositionals: true, options: options ?? {} })
  } catch (error) {
    // Its first sentence names the fault; the rest is advice about dashes.
    const [fault] = error instanceof Error ? error.message.split('. ', 1) : [String(error)]
    throw new WrongCall(`${fault}.`)
  }
}

function explain(error: unknown, command: Command | undefined, err: Terminal): 1 | 2 {
  if (error instanceof WrongCall) {
    const usage = command === undefined ? '' : `\n\n${describeCommand(command)}`
    err.write(`${error.message}${usage}`)
    return 2
  }
  if (error instanceof UnreadableFile) {
    err.write(`${error.message}\n`)
    return 2
  }
  err.write(`${error instanceof Refusal ? refusalText(error) : explainStartupFault(error)}\n`)
  return 1
}

/** For an unknown outcome, also names what may have been issued, so that it can be revoked. */
function refusalText({ message, details, repeat = {} }: Refusal): string {
  const faults = (Array.isArray(details) ? details : []).map(
    (fault) => `${fault.path} ${fault.message}`,
  )
  const ids = Object.entries(repeat).map(([name, id]) => `${name}: ${String(id)}`)
  return [message, ...faults, ...ids].join('\n')
}

function writer(out: NodeJS.WritableStream): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      out.write(text, (error) => (error ? reject(error) : resolve()))
    })
}
