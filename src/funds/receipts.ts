import type { FastifyInstance } from 'fastify'
import type postgres from 'postgres'
import type { Place as TransferPlace } from './operations.ts'
import { Refusal } from '../refusals/index.ts'
import type { IssuedCheckpoint } from '../audit/checkpoints.ts'
import { inclusionProof } from '../audit/proofs.ts'
import { type LogRecord, type Place, readAtOnce, recordBytes } from '../audit/records.ts'
import { tileReader } from '../audit/tiles.ts'
import { proofText } from '../audit/tlog/proof.ts'

export interface Receipt {
  record: LogRecord
  index: number
  size: number
  proof: Buffer[]
  checkpoint: IssuedCheckpoint
}

/**
 * A proof for anyone that a transfer is in the log of a signed checkpoint.
 * @throws Refusal `TRANSFER_NOT_FOUND`, `NOT_YET_LOGGED`, `LOG_BEHIND` or `SIGNING_KEY_MISSING`
 */
export async function receiptOf(
  audit: FastifyInstance['audit'],
  transfer: TransferPlace,
): Promise<Receipt> {
  const { sql } = audit
  const newest = await audit.newestCheckpoint()
  const place = await locate(sql, transfer)
  const index = place.firstSeq + place.offset
  const covers = newest !== null && newest.size > index
  const checkpoint = covers ? newest : await audit.currentCheckpoint(index + 1)
  if (checkpoint.size <= index) throw new Refusal('NOT_YET_LOGGED')
  const [record, proof] = await Promise.all([
    recordOf(audit, transfer, place),
    inclusionProof(tileReader(sql), index, checkpoint.size),
  ])
  return { record, index, size: checkpoint.size, proof, checkpoint }
}

/**
 * The same proof against the published checkpoint, as a tlog-proof.
 * @throws Refusal as above
 */
export async function receiptProof(
  audit: FastifyInstance['audit'],
  transfer: TransferPlace,
): Promise<string> {
  const { size, note } = await audit.published.published()
  const place = await locate(audit.sql, transfer)
  const index = place.firstSeq + place.offset
  if (size <= index) throw new Refusal('NOT_YET_LOGGED')
  const [record, proof] = await Promise.all([
    recordOf(audit, transfer, place),
    inclusionProof(tileReader(audit.sql), index, size),
  ])
  return proofText(recordBytes(record), index, proof, note)
}

async function recordOf(
  { sql, source }: FastifyInstance['audit'],
  { accountId }: TransferPlace,
  place: Place & { offset: number },
): Promise<LogRecord> {
  const spots = [{ place, index: place.offset }]
  const [record] = await readAtOnce(sql, source, spots, { subject: `acct_${accountId}` })
  if (record == null) throw new Error('The record of a transfer is gone')
  return record
}

async function locate(
  sql: postgres.Sql,
  { accountId, seq }: TransferPlace,
): Promise<Place & { offset: number }> {
  const [row] = await sql<(Partial<Place> & { offset: number | null })[]>`
    select p.first_seq::float8 as "firstSeq", p.size, p.record_id as "recordId", (
      select (one.place - 1)::float8
      from unnest(r.account_ids, r.transfer_seqs) with ordinality as one (account_id, seq, place)
      where one.account_id = t.account_id and one.seq = t.seq
    ) as "offset"
    from transfers t
    left join audit_places p on p.record_id = t.audit_record_id
    left join audit_records r on r.id = p.record_id
    where t.account_id = ${String(accountId)}::bigint and t.seq = ${String(seq)}::bigint`
  if (row === undefined) throw new Refusal('TRANSFER_NOT_FOUND')
  const { firstSeq, size, recordId, offset } = row
  if (firstSeq == null || size == null || recordId == null || offset == null) {
    throw new Refusal('NOT_YET_LOGGED')
  }
  return { firstSeq, size, recordId, offset }
}
