import type postgres from 'postgres'
import type { Config } from '../process/config.ts'
import type { Environment } from '../process/environment.ts'

/** `unseen`: nothing on this machine shows it, so the advice says what would. */
export type Status = 'pass' | 'warning' | 'failure' | 'unseen'

export interface Line {
  /** What was looked at: stable, for scripts. */
  check: string
  status: Status
  /** What was found, never a value of a secret. */
  reason: string
  /** What to do about it. */
  advice?: string
}

/** What there is to look at. */
export interface Facts {
  /** The variables of the process and of `.env`. */
  environment: Environment
  /** Where the service is started, and where its `.env` would be. */
  folder: string
  /** As far as it can be read. */
  config: Config
  /** What a production start would refuse, each beginning with the variable's name. */
  faults: readonly string[]
  /** Null where the database can not be reached; `databaseFault` says why. */
  sql: postgres.Sql | null
  databaseFault: string
  /** What the capabilities bring. */
  examinables: readonly Examinable[]
  /** Where a running service is to be found, and whether somebody said so. */
  service: { origin: string; isGiven: boolean }
}

/** Looks at what is in the database; its schema is up to date by then. */
export type RecordCheck = (facts: Facts, sql: postgres.Sql) => Promise<Line[]>

/** What a capability has to be looked at. */
export interface Examinable {
  checks?: readonly RecordCheck[]
  /** Those that guard its tables. */
  triggers?: readonly string[]
}

/** Whether a setting is refused, and so can not be judged further. */
export function hasFault({ faults }: Pick<Facts, 'faults'>, name: string): boolean {
  return faults.some((fault) => fault.startsWith(`${name} `))
}

export interface Group {
  title: string
  /** Changes nothing. */
  examine(facts: Facts): Promise<Line[]> | Line[]
}

export const pass = (check: string, reason: string): Line => ({ check, status: 'pass', reason })

export const warning = (check: string, reason: string, advice: string): Line => {
  return { check, status: 'warning', reason, advice }
}

export const failure = (check: string, reason: string, advice: string): Line => {
  return { check, status: 'failure', reason, advice }
}

export const unseen = (check: string, reason: string, advice: string): Line => {
  return { check, status: 'unseen', reason, advice }
}

/** `3 events`, `1 event`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`
}
