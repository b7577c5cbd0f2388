import { Readable } from 'node:stream'
import { slices } from '../scheduling/slices.ts'

/** Rows that are read while the document is sent, a page at a time. */
export type Pages<Row = unknown> = AsyncGenerator<readonly Row[], void, undefined>

/**
 * All rows of a query, in pages. A page is read only when the one before has been taken, so a slow
 * reader holds neither rows in memory nor a connection to the database.
 * @param read returns the rows after the given one, which is the last of the page before
 */
export async function* pages<Row, Shown>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
  present: (row: Row) => Shown,
): Pages<Shown> {
  let last: Row | undefined
  do {
    const rows = await read(last)
    last = rows.at(-1)
    if (rows.length > 0) yield rows.map(present)
  } while (last !== undefined)
}

/** An object within a document. Its parts are values, `Pages`, and further such objects. */
export class Nested {
  readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }
}

export type Parts = Readonly<Record<string, unknown>>

/**
 * One JSON object as a stream. A fault destroys the stream and its connection: what has been sent by
 * then is invalid JSON and can't be taken for the whole.
 * @param parts values, lists that are `Pages`, and objects that are `Nested`
 * @param confirm runs before the end; if it throws, the document stays unfinished
 */
export function jsonDocument(parts: Parts, confirm: () => Promise<void>): Readable {
  return Readable.from(chunks(parts, confirm), { objectMode: false })
}

/** Headers that make a browser save the document as a file. */
export function fileHeaders(name: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.json"`,
  }
}

async function* chunks(parts: Parts, confirm: () => Promise<void>): AsyncGenerator<string> {
  yield* membersOf(parts)
  await confirm()
  yield '}\n'
}

/** The members of an object, without its closing brace. */
async function* membersOf(parts: Parts): AsyncGenerator<string> {
  let before = '{'
  for (const [name, part] of Object.entries(parts)) {
    yield `${before}${JSON.stringify(name)}:`
    before = ',\n'
    if (part instanceof Nested) {
      yield* membersOf(part.parts)
      yield '}'
    } else if (isPages(part)) yield* listOf(part)
    else yield JSON.stringify(part)
  }
}

async function* listOf(list: Pages): AsyncGenerator<string> {
  let separator = '[\n'
  const pause = slices()
  for await (const rows of list) {
    const texts: string[] = []
    for (const row of rows) {
      await pause()
      texts.push(JSON.stringify(row))
    }
    yield separator + texts.join(',\n')
    separator = ',\n'
  }
  yield separator === ',\n' ? '\n]' : '[]'
}

function isPages(part: unknown): part is Pages {
  return typeof part === 'object' && part !== null && Symbol.asyncIterator in part
}
