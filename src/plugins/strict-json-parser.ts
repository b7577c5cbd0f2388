const DEPTH_MAX = 32

/** Keys that reach an object's prototype in careless code further on. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * JSON.parse for money: refuses what it would silently change or hide. That is a key given twice
 * (the last one wins), a number that is not stored exactly as written (2^53 + 1, 1e400), NUL and
 * lone surrogates (PostgreSQL stores neither), keys that reach a prototype, and deep nesting.
 * @param fault makes the error to throw from a message that quotes nothing of the text
 */
export function parseStrictJson(text: string, fault: (message: string) => Error): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fault('is not valid JSON')
  }
  refuseLossy(text, fault)
  return value
}

/** One pass over text that is known to be valid JSON, so that its grammar need not be checked. */
function refuseLossy(text: string, fault: (message: string) => Error): void {
  /** The keys seen in each open object; null for an open array. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
        open.push(new Set())
        break
      case 0x5b: // [
        open.push(null)
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        break
      case 0x22: {
        const end = endOfString(text, at)
        const keys = open.at(-1)
        const string = stringBetween(text, at, end, fault)
        if (keys && isKey(text, end)) {
          if (FORBIDDEN_KEYS.has(string)) throw fault('has a key that is not allowed')
          if (keys.has(string)) throw fault('has a key twice')
          keys.add(string)
        }
        at = end
        break
      }
      default:
        at = passNumber(text, at, fault)
    }
    if (open.length > DEPTH_MAX) throw fault(`is nested deeper than ${DEPTH_MAX} levels`)
  }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

/** NUL and lone surrogates can only come from escapes: as raw bytes they are no valid JSON in UTF-8. */
function stringBetween(
  text: string,
  start: number,
  end: number,
  fault: (message: string) => Error,
): string {
  const raw = text.slice(start + 1, end)
  if (!raw.includes('\\')) return raw
  const string = JSON.parse(text.slice(start, end + 1)) as string
  if (string.includes('\0')) throw fault('has a NUL character')
  if (!string.isWellFormed()) throw fault('has a lone surrogate')
  return string
}

/** In an object a string is a key exactly if a colon follows. */
function isKey(text: string, end: number): boolean {
  let at = end + 1
  while (text.charCodeAt(at) <= 0x20) at++
  return text.charCodeAt(at) === 0x3a
}

const NUMBER = /-?\d[\d.eE+-]*/y

function passNumber(text: string, at: number, fault: (message: string) => Error): number {
  const code = text.charCodeAt(at)
  if (code !== 0x2d && (code < 0x30 || code > 0x39)) return at
  NUMBER.lastIndex = at
  const literal = NUMBER.exec(text)?.[0] ?? ''
  if (!isKept(literal)) throw fault('has a number that cannot be kept exactly')
  return at + literal.length - 1
}

/**
 * Whether a number means the same after parsing. Fractions such as 0.1 are measurements and may be
 * rounded in their last digit; an integer may not, and nothing may become an integer, zero or infinity.
 */
function isKept(literal: string): boolean {
  const value = Number(literal)
  if (!Number.isInteger(value)) return Number.isFinite(value)
  if (Object.is(value, -0)) return false
  if (/^-?\d+$/.test(literal)) return Number.isSafeInteger(value)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const shift = Number(exponent) - fraction.length
  if (digits === '') return value === 0
  if (!Number.isSafeInteger(value)) return false
  const significant = digits.replace(/0+$/, '')
  const zeros = digits.length - significant.length + shift
  return zeros >= 0 && `${sign}${significant}${'0'.repeat(zeros)}` === String(value)
}
