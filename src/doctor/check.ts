import type postgres from 'postgres'
import type { Config, Inspected } from '../process/config.ts'
import type { Environment } from '../process/environment.ts'

/** `unseen`: can't be seen from this machine, so the advice says how to check it. */
export type Status = 'pass' | 'warning' | 'failure' | 'unseen'

export interface Line {
  /** The name of the check: stable, for scripts. */
  check: string
  status: Status
  /** What was found; never a secret's value. */
  reason: string
  /** What to do about it. */
  advice?: string
}

/** What the checks examine. */
export interface Facts extends Pick<Inspected, 'secrets' | 'keyPaths'> {
  /** The variables of the process and of `.env`. */
  environment: Environment
  /** The folder in which the service starts, and in which its `.env` would be. */
  folder: string
  /** The configuration, as far as it can be read. */
  config: Config
  /** What a production start would refuse, each beginning with the variable's name. */
  faults: readonly string[]
  /** Null if the database can't be reached; `databaseFault` says why. */
  sql: postgres.Sql | null
  databaseFault: string
  /** What the capabilities contribute. */
  examinables: readonly Examinable[]
  /** Where a running service should be, and whether the caller named that place. */
  service: { origin: string; isGiven: boolean }
}

/** Examines the content of the database; its schema is up to date by then. */
export type RecordCheck = (facts: Facts, sql: postgres.Sql) => Promise<Line[]>

/** What a capability contributes to the checks. */
export interface Examinable {
  checks?: readonly RecordCheck[]
  /** The triggers that guard its tables. */
  triggers?: readonly string[]
}

/** Whether a setting is refused, and so can't be judged further. */
export function hasFault({ faults }: Pick<Facts, 'faults'>, name: string): boolean {
  return faults.some((fault) => fault.startsWith(`${name} `))
}

export interface Group {
  title: string
  /** Examines without changing anything. */
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
