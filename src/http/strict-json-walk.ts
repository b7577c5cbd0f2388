import { NUMBER_CHARS_MAX, endOfNumber, isKept } from './strict-json-numbers.ts'

const DEPTH_MAX = 32

/** For a whole text: a thousand items with a hundred fields each have some 200,000 values. */
export const VALUES_MAX = 262_144

/**
 * As long as the whole body of most calls. A string is read in one go, so its length bounds how long
 * other requests wait. No field accepts a string of nearly this length.
 */
const STRING_CHARS_MAX = 65_536

/** The least length of a list's piece, except the last: so a text has at most some hundred pieces. */
const PIECE_CHARS_MIN = 32_768

/** Keys that could reach an object's prototype in careless code further on. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** Some items of a list, from the first character after a bracket or comma to the next one. */
interface Piece {
  from: number
  to: number
  values: number
}

export interface Walk {
  /**
   * Reads on to `end`, and from there to the end of the token.
   * @returns whether the text ends there
   */
  to(end: number): boolean
  /** The lists in the outermost object that are long enough to be cut. */
  lists: { key: string; pieces: Piece[] }[]
  /** How many values have been read so far; keys count as well. */
  values: () => number
}

/**
 * One pass over a text that finds what JSON.parse would change or hide. The grammar is left to
 * JSON.parse, so a text that is not JSON may pass. No character is read more than a few times.
 * @param fault makes the error to throw from a message that quotes nothing of the text
 */
export function walkJson(text: string, fault: (message: string) => Error): Walk {
  /** The keys so far in each open object; null for an open array. */
  const open: (Set<string> | null)[] = []
  const lists: Walk['lists'] = []
  let at = 0
  let values = 0
  /** The last string, which is a key if a colon follows. */
  let string = ''
  let outerKey = ''
  /** The open list of the outermost object, and where its next piece begins. */
  let pieces: Piece[] = []
  let pieceFrom = 0
  let valuesBefore = 0

  function enter(keys: Set<string> | null): void {
    if (open.push(keys) > DEPTH_MAX) throw fault(`is nested deeper than ${DEPTH_MAX} levels`)
    countValue()
    if (isOuterList()) startPieces()
  }

  function countValue(): void {
    if (++values > VALUES_MAX) throw fault(`has more than ${VALUES_MAX} values`)
  }

  function isOuterList(): boolean {
    return open.length === 2 && open[1] === null && open[0] !== null
  }

  function startPieces(): void {
    pieces = []
    pieceFrom = at + 1
    valuesBefore = values
  }

  function endPiece(): void {
    pieces.push({ from: pieceFrom, to: at, values: values - valuesBefore })
    pieceFrom = at + 1
    valuesBefore = values
  }

  function leave(): void {
    if (isOuterList() && pieces.length > 0) {
      endPiece()
      lists.push({ key: outerKey, pieces })
    }
    open.pop()
  }

  function separate(): void {
    if (at - pieceFrom > PIECE_CHARS_MIN && isOuterList()) endPiece()
  }

  function name(): void {
    const keys = open.at(-1)
    if (!keys) return
    if (FORBIDDEN_KEYS.has(string)) throw fault('has a key that is not allowed')
    if (keys.has(string)) throw fault('has a key twice')
    keys.add(string)
    if (open.length === 1) outerKey = string
  }

  function passString(): void {
    countValue()
    const end = endOfString(text, at)
    if (end === -1) throw fault('is not valid JSON')
    if (end - at > STRING_CHARS_MAX) {
      throw fault(`has a string of more than ${STRING_CHARS_MAX} characters`)
    }
    string = stringBetween(text, at, end, fault)
    at = end
  }

  function passNumber(): void {
    countValue()
    const end = endOfNumber(text, at)
    if (end - at > NUMBER_CHARS_MAX) {
      throw fault(`has a number of more than ${NUMBER_CHARS_MAX} characters`)
    }
    if (!isKept(text.slice(at, end))) throw fault('has a number that cannot be kept exactly')
    at = end - 1
  }

  function passToken(code: number): void {
    if (code === 0x22) passString()
    else if (code === 0x2c) separate()
    else if (code === 0x3a) name()
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) passNumber()
    else if (code === 0x7b) enter(new Set())
    else if (code === 0x5b) enter(null)
    else if (code === 0x7d || code === 0x5d) leave()
    // The first letter of true, false or null.
    else if (code === 0x74 || code === 0x66 || code === 0x6e) countValue()
  }

  return {
    to: (end) => {
      for (const stop = Math.min(end, text.length); at < stop; at++) passToken(text.charCodeAt(at))
      return at >= text.length
    },
    lists,
    values: () => values,
  }
}

/** The position of the quote that ends a string, or of one beyond the longest allowed string. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && end - start <= STRING_CHARS_MAX && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1)
  }
  return end
}

/** Each backslash is counted once: those before a quote come after the quote before. */
export function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

/**
 * NUL and lone surrogates can only come from escapes: as raw bytes they are not valid JSON in UTF-8.
 */
function stringBetween(
  text: string,
  start: number,
  end: number,
  fault: (message: string) => Error,
): string {
  const raw = text.slice(start + 1, end)
  if (!raw.includes('\\')) return raw
  let string: string
  try {
    string = JSON.parse(text.slice(start, end + 1)) as string
  } catch {
    throw fault('is not valid JSON')
  }
  if (string.includes('\0')) throw fault('has a NUL character')
  if (!string.isWellFormed()) throw fault('has a lone surrogate')
  return string
}
