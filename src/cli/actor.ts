import { userInfo } from 'node:os'
import type { Actor } from '../audit/record.ts'
import { isLine } from '../http/schemas.ts'
import { WrongCall } from './command.ts'

/** An option of every command that changes something. */
export const AS = {
  as: {
    type: 'string',
    value: 'name',
    summary: "your name for the audit log; the system's user by default",
  },
} as const

const NAME_MAX = 100

/** @throws WrongCall for an invalid name */
export function actorAs({ as }: { as?: string | undefined }): Actor {
  const name = as ?? systemUser()
  if (!isLine(name, NAME_MAX)) {
    throw new WrongCall(`--as is a name of 1 to ${NAME_MAX} characters on one line.`)
  }
  return { id: `cli:${name}`, ip: null }
}

/** A container's user may have a number but no name. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
