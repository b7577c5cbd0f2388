import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Refusal } from '../../refusals/index.ts'
import { entryBundle } from './entries.ts'
import { type TileName, WIDTH, readTilePath } from './tile-path.ts'
import { tilesAsked } from './tiles-asked.ts'

const TEXT = 'text/plain; charset=utf-8'
const BYTES = 'application/octet-stream'
const YEAR_S = 31_536_000

const EXAMPLE_NOTE =
  'billing.example.com/log\n1000\nn4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n\n— billing.example.com/log 1f9a3b07…\n'
const EXAMPLE_KEY =
  'billing.example.com/log+1f9a3b07+AdJF3K0XMy7cN0nW3vUO3CgB2aQJYkMwPTPbZzmgAIUB\n'

const TileParams = Type.Object({
  '*': Type.String({
    maxLength: 64,
    description: 'The level and number of the tile, and its width if it is partial.',
    examples: ['0/x001/234.p/56'],
  }),
})

/** Public: the log in C2SP's formats, at `/log/checkpoint`, `/log/key` and `/log/tile/…`. */
export const tlogRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { published, sql } = app.audit
  const readTile = tilesAsked(sql)

  app.get(
    '/checkpoint',
    {
      schema: {
        operationId: 'getLogCheckpoint',
        summary: 'The newest checkpoint of the audit log, as a signed note',
        description:
          'In the format of C2SP’s tlog-checkpoint: the origin, the size and the root, signed by the log ' +
          'and cosigned by its witnesses.',
        produces: ['text/plain'],
        response: { 200: plain('A signed note.', EXAMPLE_NOTE) },
      },
      config: { refusals: ['LOG_BEHIND', 'SIGNING_KEY_MISSING', 'NOT_YET_LOGGED'] },
    },
    async (_request, reply) => {
      const { note } = await published.published()
      return answer(reply, TEXT, 'public, max-age=1', note)
    },
  )

  app.get(
    '/key',
    {
      schema: {
        operationId: 'getLogKey',
        summary: 'The verifier key of the audit log',
        description: 'In the format of C2SP’s signed-note: `<origin>+<key id>+<key>`.',
        produces: ['text/plain'],
        response: { 200: plain('A verifier key.', EXAMPLE_KEY) },
      },
      config: { refusals: ['SIGNING_KEY_MISSING'] },
    },
    async (_request, reply) => {
      return answer(reply, TEXT, 'public, max-age=60', `${await published.vkey()}\n`)
    },
  )

  app.get(
    '/tile/*',
    {
      schema: {
        operationId: 'getLogTile',
        summary: 'A tile of hashes of the audit log',
        description:
          'In the format of C2SP’s tlog-tiles. A full tile, and a part of one that the newest checkpoint ' +
          'covers, never changes, and may be cached for ever. While the log lacks records that were ' +
          'published, no tile may be cached.',
        produces: ['application/octet-stream'],
        params: TileParams,
        response: { 200: plain('1 to 256 hashes of 32 bytes.') },
      },
      config: { refusals: ['NOT_FOUND', 'OVERLOADED'] },
    },
    async (request, reply) => {
      const tile = tileOf(request.params['*'])
      if (tile.level === 'entries') throw new Refusal('NOT_FOUND')
      const hashes = await readTile({ ...tile, level: tile.level })
      if (hashes === null) throw new Refusal('NOT_FOUND')
      // Until a checkpoint covers a part, a failover can replace its records with others. While the log
      // is behind, even a full tile can be of a history that goes no further.
      const covered = await published.coveredSize()
      const isFixed =
        covered !== null &&
        (tile.width === WIDTH || sizeNeeded({ ...tile, level: tile.level }) <= covered)
      const cache = isFixed ? `public, max-age=${YEAR_S}, immutable` : 'no-store'
      return answer(reply, BYTES, cache, hashes)
    },
  )
}

/** Admin: `/log/tile/entries/…`, the records themselves. */
export const entryRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { sql, source } = app.audit

  app.get(
    '/tile/entries/*',
    {
      schema: {
        operationId: 'getLogEntries',
        summary: 'An entry bundle of the audit log: up to 256 records',
        description:
          'In the format of C2SP’s tlog-tiles: each record as it was hashed, preceded by its length in ' +
          'two bytes.',
        produces: ['application/octet-stream'],
        params: TileParams,
        response: { 200: plain('1 to 256 entries.') },
      },
      config: { permission: 'audit:read', refusals: ['NOT_FOUND'] },
    },
    async (request, reply) => {
      const tile = tileOf(`entries/${request.params['*']}`)
      return answer(reply, BYTES, 'no-store', await entryBundle(sql, source, tile))
    },
  )
}

function tileOf(path: string): TileName {
  const tile = readTilePath(path)
  if (tile === null) throw new Refusal('NOT_FOUND')
  return tile
}

/** How many records the log must have for a tile of hashes. */
function sizeNeeded({ level, index, width }: TileName & { level: number }): number {
  return (index * WIDTH + width) * WIDTH ** level
}

function plain(description: string, example?: string) {
  const examples = example !== undefined && { examples: [example] }
  return Type.Unsafe<never>({ type: 'string', description, ...examples })
}

function answer(reply: FastifyReply, type: string, cache: string, content: string | Buffer) {
  return reply.type(type).header('cache-control', cache).send(content)
}
