import { existsSync, readFileSync, readdirSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ROOT } from '../../package/root.ts'
import { Refusal } from '../../refusals/index.ts'

/** Written by `npm run build`. */
const FOLDER = new URL('dist/pages/', ROOT)

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

type Coding = 'br' | 'gzip' | null

interface Asset {
  type: string
  bytes: ReadonlyMap<Coding, Buffer>
}

/** What a page is made of, by the name of its entry. */
export interface Entry {
  script: string
  styles: readonly string[]
}

export interface Built {
  assets: ReadonlyMap<string, Asset>
  entries: ReadonlyMap<string, Entry>
}

/** All built files, read once; null where the pages are not built. */
export function readBuilt(folder = FOLDER): Built | null {
  const manifest = new URL('entries.json', folder)
  if (!existsSync(manifest)) return null
  const entries = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, Entry>
  const inAssets = new URL('assets/', folder)
  const read = (name: string) => readFileSync(new URL(name, inAssets))
  const assets = new Map<string, Asset>()
  for (const name of readdirSync(inAssets)) {
    const type = TYPES[name.split('.').at(-1) ?? '']
    if (type === undefined) continue
    const codings: [Coding, Buffer][] = [
      [null, read(name)],
      ['gzip', read(`${name}.gz`)],
      ['br', read(`${name}.br`)],
    ]
    assets.set(name, { type, bytes: new Map(codings) })
  }
  return { assets, entries: new Map(Object.entries(entries)) }
}

/** The best of what the build has written and the browser takes. */
function codingFor(accepted: string | undefined): Coding {
  const codings = (accepted ?? '').split(',', 20).map((one) => {
    const [name = '', ...rest] = one.split(';', 2).map((part) => part.trim().toLowerCase())
    return /^q=0(\.0*)?$/.test(rest[0] ?? '') ? '' : name
  })
  return codings.includes('br') ? 'br' : codings.includes('gzip') ? 'gzip' : null
}

/** Public: `/assets/…`. A name has its content's hash, so no cache needs to ask again. */
export async function assetRoutes(
  app: FastifyInstance,
  { built }: { built: Built | null },
): Promise<void> {
  app.get<{ Params: { name: string } }>(
    '/assets/:name',
    { schema: { hide: true } },
    async (request, reply) => {
      const asset = built?.assets.get(request.params.name)
      if (asset === undefined) throw new Refusal('NOT_FOUND')
      const coding = codingFor(request.headers['accept-encoding'])
      if (coding !== null) void reply.header('content-encoding', coding)
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding')
        .type(asset.type)
        .send(asset.bytes.get(coding))
    },
  )
}
