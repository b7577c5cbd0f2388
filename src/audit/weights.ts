import type postgres from 'postgres'
import { array } from '../database/arrays.ts'
import { PAGE_BYTES_MAX } from '../database/page-weight.ts'
import type { Place, Weighed } from './places.ts'
import type { LogSource, ReadOptions } from './source.ts'

/** The records of places, in their order, with what each weighs. */
export async function weigh(
  sql: postgres.Sql,
  source: LogSource,
  places: readonly Place[],
  options: ReadOptions = {},
): Promise<Weighed[]> {
  const recordIds = places.map(({ recordId }) => recordId)
  const [acts, facts] = await Promise.all([
    weighActs(sql, recordIds, options),
    source.weigh(sql, recordIds, options),
  ])
  return places.flatMap((place) => {
    const bytes = new Map(facts.get(place.recordId))
    const ofAct = acts.get(place.recordId) ?? 0
    return Array.from({ length: place.size }, (_, index) => {
      return { place, index, bytes: bytes.get(index) ?? ofAct }
    })
  })
}

/** The first records that fit into so many bytes. The first one has room in any case. */
export function fitting(weighed: readonly Weighed[], bytesMax: number): Weighed[] {
  let bytesBefore = 0
  const end = weighed.findIndex(({ bytes }, index) => {
    const hasRoom = index === 0 || bytesBefore < bytesMax
    bytesBefore += bytes
    return !hasRoom
  })
  return weighed.slice(0, end === -1 ? weighed.length : end)
}

/** Divides records into portions, each of which may be read and parsed in one go. */
export function* portionsOf(weighed: readonly Weighed[]): Generator<Weighed[]> {
  for (let left = weighed; left.length > 0;) {
    const portion = fitting(left, PAGE_BYTES_MAX)
    yield portion
    left = left.slice(portion.length)
  }
}

/** With `isShown`, the values behind an act's commitments count too. */
async function weighActs(
  sql: postgres.Sql,
  recordIds: readonly bigint[],
  { isShown = false }: ReadOptions,
): Promise<ReadonlyMap<bigint, number>> {
  const values = sql`coalesce((
    select sum(octet_length(p.value))
    from jsonb_path_query(r.metadata, '$.* ? (@ starts with "sha256:")') one
    join audit_personal p on p.commitment = one #>> '{}'
  ), 0)`
  const [answer] = await sql<{ weights: [id: number, bytes: number][] }[]>`
    select coalesce(json_agg(json_build_array(
      r.id, octet_length(r.metadata::text) + ${isShown ? values : sql`0`}
    )), '[]') as weights
    from audit_records r where r.id = any(${array(recordIds)}::bigint[]) and r.event is not null`
  return new Map((answer?.weights ?? []).map(([id, bytes]) => [BigInt(id), bytes]))
}
