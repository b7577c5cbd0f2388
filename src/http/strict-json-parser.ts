import { type Walk, walkJson } from './strict-json-walk.ts'
import { rest } from '../scheduling/slices.ts'

/**
 * How many characters are read before other requests get their turn, and how many values are made at
 * once: as much as the whole body of any other request.
 */
const SLICE_CHARS = 65_536
const SLICE_VALUES_MAX = 32_768

type Fault = (message: string) => Error

/**
 * JSON.parse for money: refuses what JSON.parse would silently change or hide. These are a repeated
 * key (the last one wins), a number that is not stored exactly as written (2^53 + 1, 1e400), NUL and
 * lone surrogates (PostgreSQL stores neither), keys that reach a prototype, and deep nesting.
 * @param fault makes the error to throw from a message that quotes nothing of the text
 */
export function parseStrictJson(text: string, fault: Fault): unknown {
  walkJson(text, fault).to(text.length)
  return parse(text, fault)
}

/**
 * The same for a long text, with turns for other requests in between. A long body consists of a list
 * in the outermost object, which is parsed piece by piece; everything else must fit in a short body.
 */
export async function parseLongStrictJson(text: string, fault: Fault): Promise<unknown> {
  const walk = walkJson(text, fault)
  for (let end = SLICE_CHARS; !walk.to(end); end += SLICE_CHARS) await rest()

  const value = parse(withoutLists(text, walk, fault), fault) as Record<string, unknown>
  for (const { key, pieces } of walk.lists) {
    const items: unknown[] = []
    for (const { from, to, values } of pieces) {
      if (values > SLICE_VALUES_MAX) throw fault('has an item of too many values')
      await rest()
      const piece = parse(`[${text.slice(from, to)}]`, fault) as unknown[]
      // Two commas with nothing between them: the piece `[]` is valid JSON, but the original list is
      // not.
      if (piece.length === 0) throw fault('is not valid JSON')
      for (const item of piece) items.push(item)
    }
    value[key] = items
  }
  return value
}

/** The text with its long lists emptied. The whole text is valid if this text and all pieces are. */
function withoutLists(text: string, { lists, values }: Walk, fault: Fault): string {
  let outside = ''
  let from = 0
  let valuesOutside = values()
  for (const { pieces } of lists) {
    outside += text.slice(from, pieces[0]?.from)
    from = pieces.at(-1)?.to ?? from
    for (const piece of pieces) valuesOutside -= piece.values
  }
  if (valuesOutside > SLICE_VALUES_MAX) throw fault('has too many values outside its list')
  return outside + text.slice(from)
}

function parse(text: string, fault: Fault): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw fault('is not valid JSON')
  }
}
