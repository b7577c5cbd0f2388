import { rest } from '../scheduling/slices.ts'
import { Refusal } from '../refusals/index.ts'
import { VALUES_MAX, isEscaped, walkJson } from './strict-json-walk.ts'
import { SHORT_BYTES_MAX, malformed } from './strict-json.ts'
import { parseStrictJson } from './strict-json-parser.ts'

/** How many characters are looked through before other requests have their turn. */
const SLICE_CHARS = 65_536

interface Range {
  from: number
  to: number
}

/** What is read of a body whose items are judged one by one. */
export interface ItemsRead {
  /** The body, with an empty list where the items were. */
  outside: unknown
  /** Each as it would be read alone, or why it would be refused; null where the body has no such list. */
  items: unknown[] | null
}

/**
 * Reads a body that is a list of what are bodies of other calls: what is wrong with one item is found
 * out of that item. What is not JSON at all is refused as a whole, and so is what stands beside the list.
 * @param list the name of the list in the outermost object
 * @param countMax of more items none is read, and each is null
 * @throws Refusal `MALFORMED_JSON`
 */
export async function readItems(text: string, list: string, countMax: number): Promise<ItemsRead> {
  const found = await rangesOf(text, list, countMax)
  const outside = text.slice(0, found?.from) + (found === null ? '' : text.slice(found.to))
  if (outside.length > SHORT_BYTES_MAX) throw malformed('is too long beside its list')
  const read = parseStrictJson(outside, malformed)
  if (found === null) return { outside: read, items: null }
  const { ranges } = found
  if (ranges.length > countMax) return { outside: read, items: ranges.map(() => null) }
  const items: unknown[] = []
  let values = 0
  let chars = 0
  for (const { from, to } of ranges) {
    const item = text.slice(from, to)
    chars += item.length
    if (chars > SLICE_CHARS) {
      await rest()
      chars = 0
    }
    if (Buffer.byteLength(item) > SHORT_BYTES_MAX) {
      items.push(new Refusal('PAYLOAD_TOO_LARGE'))
      continue
    }
    try {
      const walk = walkJson(item, malformed)
      walk.to(item.length)
      values += walk.values()
      items.push(parsed(item))
    } catch (error) {
      // Of what is no JSON nobody knows where it ends.
      parsed(item)
      items.push(error)
    }
    if (values > VALUES_MAX) throw malformed(`has more than ${VALUES_MAX} values`)
  }
  return { outside: read, items }
}

function parsed(item: string): unknown {
  try {
    return JSON.parse(item)
  } catch {
    throw malformed('is not valid JSON')
  }
}

/**
 * Where a list of the outermost object is, between its brackets, and each of its items, up to one more
 * than the most; the last list of that name, which is refused afterwards where there are two.
 * @returns null if there is none
 */
async function rangesOf(text: string, list: string, countMax: number) {
  let found: (Range & { ranges: Range[] }) | null = null
  let depth = 0
  let string = ''
  let key: string | undefined
  let from = 0
  let ranges: Range[] | null = null
  for (let at = 0, pauseAt = SLICE_CHARS; at < text.length; at++) {
    if (at > pauseAt) {
      await rest()
      pauseAt = at + SLICE_CHARS
    }
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      const end = endOfString(text, at)
      if (depth === 1) string = text.slice(at, end + 1)
      at = end
    } else if (code === 0x3a && depth === 1) {
      key = nameIn(string)
    } else if (code === 0x7b || code === 0x5b) {
      depth++
      if (code !== 0x5b || depth !== 2 || key !== list) continue
      ranges = []
      from = at + 1
    } else if (code === 0x7d || code === 0x5d) {
      if (ranges !== null && depth === 2) {
        const isEmpty = ranges.length === 0 && text.slice(from, at).trim() === ''
        if (!isEmpty && ranges.length <= countMax) ranges.push({ from, to: at })
        found = { from: isEmpty ? from : (ranges[0]?.from ?? from), to: at, ranges }
        ranges = null
      }
      depth--
    } else if (code === 0x2c) {
      if (depth === 1) key = undefined
      if (ranges === null || depth !== 2) continue
      if (ranges.length <= countMax) ranges.push({ from, to: at })
      from = at + 1
    }
  }
  return found
}

/** @throws Refusal `MALFORMED_JSON` where none ends it */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  if (end === -1) throw malformed('is not valid JSON')
  return end
}

/** A name may be written with escapes. */
function nameIn(string: string): string | undefined {
  return string.includes('\\') ? String(parsed(string)) : string.slice(1, -1)
}
