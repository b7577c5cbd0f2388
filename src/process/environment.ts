import { readFileSync } from 'node:fs'
import { nearest } from '../encoding/nearest.ts'
import { readRange } from '../http/addresses.ts'
import type { RateLimit } from '../http/rate-limits/index.ts'
import { integerOf } from '../encoding/integers.ts'

/** The variables of a process. An empty value counts as a value: it switches the feature off. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * A wider range can't be one of proxies: anyone in it could choose the address under which he is
 * known.
 */
const RANGE_BITS_MIN = { ipv4: 8, ipv6: 16 } as const

/** Shorter names are too similar to judge: HOME is not a misspelt HOST. */
const NAME_MIN = 6

/**
 * Reads typed values out of environment variables and collects every fault instead of stopping at
 * the first. A fault names the variable and what is expected, never the value: values are secrets.
 */
export function environmentReader(env: Environment) {
  const faults: string[] = []
  const names = new Set<string>()
  /** The settings that are secrets themselves, each of which may come as `X_FILE`. */
  const secrets = new Set<string>()
  /** The settings that name files with private keys. */
  const keyPaths = new Set<string>()

  function fault(name: string, expected: string): void {
    faults.push(`${name} ${expected}`)
  }

  function text(name: string): string | undefined {
    names.add(name)
    return env[name]?.trim() || undefined
  }

  /** `X`, or the content of the file that `X_FILE` names (as Docker and Kubernetes mount secrets). */
  function secret(name: string): string | undefined {
    secrets.add(name)
    const path = text(`${name}_FILE`)
    if (path === undefined) return text(name)
    if (text(name) !== undefined) fault(name, `is set twice: keep it or ${name}_FILE`)
    return contents(`${name}_FILE`, path)
  }

  function contents(name: string, path: string): string | undefined {
    try {
      const content = readFileSync(path, 'utf8').trim()
      if (content === '') fault(name, 'names an empty file')
      return content || undefined
    } catch {
      fault(name, 'names a file that cannot be read')
      return undefined
    }
  }

  function oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = text(name)
    const match = allowed.find((candidate) => candidate === value)
    if (value !== undefined && match === undefined) {
      fault(name, `must be one of ${allowed.join(', ')}`)
    }
    return match
  }

  function integer(name: string, minimum: number, maximum: number): number | undefined {
    const value = text(name)
    if (value === undefined) return undefined
    const number = integerOf(value)
    if (number !== undefined && number >= minimum && number <= maximum) return number
    fault(name, `must be an integer from ${minimum} to ${maximum}`)
    return undefined
  }

  function list(name: string): string[] {
    const items = (text(name) ?? '').split(',').map((item) => item.trim())
    return items.filter((item) => item !== '')
  }

  function checkedList(
    name: string,
    expected: string,
    accepts: (item: string) => boolean,
  ): string[] {
    const items = list(name)
    if (!items.every(accepts)) fault(name, expected)
    return items
  }

  function origins(name: string): string[] {
    return checkedList(
      name,
      'must be a comma list of exact origins such as https://app.example.com',
      (item) => /^https?:/.test(item) && URL.canParse(item) && new URL(item).origin === item,
    )
  }

  function addresses(name: string): string[] {
    const items = checkedList(
      name,
      'must be a comma list of addresses or CIDRs',
      (item) => readRange(item) !== null,
    )
    const isWide = items.some((item) => {
      const range = readRange(item)
      return range !== null && range.bits < RANGE_BITS_MIN[range.family]
    })
    if (isWide) fault(name, 'must not have a range wider than /8 (IPv4) or /16 (IPv6)')
    return items
  }

  /** `100/15m`: 100 requests in 15 minutes (or `s`, `h`); `off`: no limit. */
  function rateLimit(name: string, standard: string, widened: number): RateLimit | null {
    const given = text(name)
    const match = /^([1-9]\d{0,8})\/([1-9]\d{0,3})?([smh])$/.exec(given ?? standard)
    if ((given ?? standard) === 'off') return null
    if (match === null) {
      fault(name, 'must look like 100/15m, 60/1h or off')
      return null
    }
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[match[3] as 's' | 'm' | 'h']
    const max = Number(match[1]) * (given === undefined ? widened : 1)
    return { max, windowMs: Number(match[2] ?? 1) * unitMs }
  }

  /** A sentence for each variable that looks like a setting but is none. */
  function misspelt(): string[] {
    return Object.keys(env)
      .filter((name) => name.length >= NAME_MIN && !names.has(name))
      .flatMap((name) => {
        const meant = unfinished(name, names) ?? nearest(name.toUpperCase(), names)
        return meant === undefined
          ? []
          : [`${name} is no setting and has no effect: is ${meant} meant?`]
      })
  }

  return {
    faults,
    misspelt,
    secrets,
    keyPaths,
    fault,
    text,
    secret,
    contents,
    oneOf,
    integer,
    list,
    origins,
    addresses,
    rateLimit,
  }
}

export type EnvironmentReader = ReturnType<typeof environmentReader>

/** The setting of which a name is only the beginning: STRIPE_SECRET_KEY for STRIPE_SECRET. */
function unfinished(name: string, names: Iterable<string>): string | undefined {
  if (!name.includes('_')) return undefined
  const longer = [...names].filter((known) => known.startsWith(`${name}_`))
  return longer.toSorted((a, b) => a.length - b.length)[0]
}
