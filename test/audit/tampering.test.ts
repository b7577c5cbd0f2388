import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type postgres from 'postgres'
import { exportLog } from '../../src/audit/export.ts'
import { transferSource } from '../../src/funds/log-source.ts'
import { perfectRoot } from '../../src/audit/tiles.ts'
import { leafHash } from '../../src/audit/tree.ts'
import { type Checkpoint, openCheckpoint } from '../../src/audit/verifier.ts'
import { verifyDatabase } from '../../src/audit/verify-database.ts'
import { verifyExport } from '../../src/audit/verify-export.ts'
import { connect } from '../../src/database/connect.ts'
import { checkpointNow } from '../support/audit.ts'
import { counts } from '../support/counts.ts'
import { createCustomer } from '../support/customers.ts'
import { type Random, SEED, randomOf } from '../support/random.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { type Service, startService } from '../support/service.ts'

/** What a trial draws by the seed. */
interface Draw {
  /** Of a record. */
  seq: () => number
  of: Random['pick']
}

interface Way {
  name: string
  /** @returns the record that is wrong from then on, where exactly one is */
  tamper: (tx: postgres.TransactionSql, draw: Draw) => Promise<number | null>
  /** Whether the database by itself shows it, without a checkpoint kept elsewhere. */
  isSeenInside?: boolean
}

/** The record of a row, by its first number. */
function recordRow(tx: postgres.TransactionSql, seq: number) {
  return tx<{ seq: number; id: string; isRecord: boolean }[]>`
    select first_seq::int as seq, r.id::text, r.event is not null as "isRecord"
    from audit_places p join audit_records r on r.id = p.record_id
    where first_seq <= ${seq} and r.event is not null order by first_seq desc limit 1`
}

function transferAt(tx: postgres.TransactionSql, seq: number) {
  return tx<{ seq: number; account: string; number: string }[]>`
    select (p.first_seq + one.place - 1)::int as seq, one.account::text, one.number::text
    from audit_places p join audit_records r on r.id = p.record_id
    cross join unnest(r.account_ids, r.transfer_seqs) with ordinality as one (account, number, place)
    where first_seq <= ${seq} order by 1 desc limit 1`
}

function editRecord(column: string, value: string): Way {
  return {
    name: `${column} of a record`,
    tamper: async (tx, draw) => {
      const [row] = await recordRow(tx, draw.seq())
      if (row === undefined) throw new Error('No record to edit')
      await tx.unsafe(`update audit_records set ${column} = ${value} where id = ${row.id}`)
      return row.seq
    },
  }
}

function editTransfer(column: string, value: string): Way {
  return {
    name: `${column} of a transfer`,
    tamper: async (tx, draw) => {
      const [row] = await transferAt(tx, draw.seq())
      if (row === undefined) throw new Error('No transfer to edit')
      await tx.unsafe(
        `update transfers set ${column} = ${value} where account_id = ${row.account} and seq = ${row.number}`,
      )
      return row.seq
    },
  }
}

const WAYS: Way[] = [
  editRecord('event', `'customer.updated2'`),
  editRecord('actor', `'admin:00000000'`),
  editRecord('subject', `subject || 'x'`),
  editRecord('ip', `'sha256:' || repeat('0', 64)`),
  editRecord('timestamp', `timestamp + interval '1 millisecond'`),
  editRecord('timestamp', `'infinity'`),
  editRecord('metadata', `metadata || '{"x":1}'`),
  editTransfer('amount', 'amount + 1'),
  editTransfer('balance_after', 'balance_after - 1'),
  editTransfer('held_after', 'held_after + 1'),
  editTransfer('available_after', 'available_after + 1'),
  editTransfer('asset', `'EUR/2'`),
  editTransfer('actor', `'stripe'`),
  editTransfer('ip', `'10.0.0.9'`),
  editTransfer('reason', `coalesce(reason, '') || '.'`),
  editTransfer('reference', `coalesce(reference, '') || '.'`),
  editTransfer('metadata', `coalesce(metadata, '{}') || '{"x":1}'`),
  editTransfer('idempotency_key', `idempotency_key || '.'`),
  editTransfer('created_at', `created_at - interval '1 second'`),
  editTransfer('created_at', `'-infinity'`),
  editTransfer('kind', `case kind when 'deduct' then 'top_up' else 'deduct' end`),
  {
    name: 'a record deleted',
    tamper: async (tx, draw) => {
      const [row] = await recordRow(tx, draw.seq())
      await tx`delete from audit_records where id = ${row?.id ?? ''}::bigint`
      return row?.seq ?? null
    },
  },
  {
    name: 'a transfer deleted',
    tamper: async (tx, draw) => {
      const [row] = await transferAt(tx, draw.seq())
      await tx`
        delete from transfers
        where account_id = ${row?.account ?? ''}::bigint and seq = ${row?.number ?? ''}::bigint`
      return row?.seq ?? null
    },
  },
  {
    name: 'a place deleted',
    tamper: async (tx, draw) => {
      const [row] = await recordRow(tx, draw.seq())
      await tx`delete from audit_places where first_seq = ${row?.seq ?? 0}`
      return row?.seq ?? null
    },
  },
  {
    name: 'the size of a place',
    tamper: async (tx, draw) => {
      const [row] = await transferAt(tx, draw.seq())
      const [place] = await tx<{ seq: number }[]>`
        update audit_places set size = ${draw.of([0, -1, 2_000_000_000])}
        where first_seq = (select max(first_seq) from audit_places where first_seq <= ${row?.seq ?? 0})
        returning first_seq::int as seq`
      return place?.seq ?? null
    },
  },
  {
    name: 'the last place moved to a number that no walk comes to',
    tamper: async (tx) => {
      const [place] = await tx<{ seq: number }[]>`
        with last as (select max(first_seq) as seq from audit_places)
        update audit_places set first_seq = 1000000000000000 from last where first_seq = last.seq
        returning last.seq::int as seq`
      return place?.seq ?? null
    },
  },
  {
    name: 'two records swapped',
    tamper: async (tx, draw) => {
      const [a] = await recordRow(tx, draw.seq())
      const others = await tx<{ seq: number; id: string }[]>`
        select first_seq::int as seq, record_id::text as id
        from audit_places p join audit_records r on r.id = p.record_id
        where event is not null and r.id <> ${a?.id ?? ''}::bigint order by first_seq`
      const b = draw.of(others)
      assert.ok(a)
      await tx`
        update audit_places set record_id = -record_id where record_id in (${a.id}, ${b.id})`
      await tx`
        update audit_places set record_id = case first_seq when ${a.seq} then ${b.id}::bigint else ${a.id}::bigint end
        where record_id < 0`
      return Math.min(a.seq, b.seq)
    },
  },
  {
    name: 'two transfers of a batch swapped',
    tamper: async (tx, draw) => {
      const batches = await tx<{ id: string }[]>`
        select id::text from audit_records where cardinality(account_ids) > 1 order by id`
      const [row] = await tx<{ seq: number }[]>`
        update audit_records r set
          account_ids[1] = account_ids[2], account_ids[2] = account_ids[1],
          transfer_seqs[1] = transfer_seqs[2], transfer_seqs[2] = transfer_seqs[1]
        from audit_places p
        where p.record_id = r.id and r.id = ${draw.of(batches).id}::bigint
        returning first_seq::int as seq`
      return row?.seq ?? null
    },
  },
  {
    name: 'a record edited together with its hash in the tree',
    tamper: async (tx, draw) => {
      const [row] = await recordRow(tx, draw.seq())
      assert.ok(row)
      await tx`update audit_records set actor = 'system2' where id = ${row.id}::bigint`
      const lines = await linesOf(tx)
      const forged = leafHash(Buffer.from(lines[row.seq] ?? ''))
      await rewriteTiles(tx, (hashes) => hashes.with(row.seq, forged))
      return null
    },
  },
  {
    name: 'the tail cut off, with its tiles and checkpoints',
    isSeenInside: false,
    tamper: async (tx, draw) => {
      const [row] = await recordRow(tx, draw.seq())
      assert.ok(row)
      const cut = Math.max(row.seq, 1)
      await tx`
        with gone as (delete from audit_places where first_seq >= ${cut} returning record_id)
        , batches as (delete from audit_records where id in (select record_id from gone) returning id)
        delete from transfers where audit_record_id in (select id from batches)`
      await tx`delete from audit_checkpoints`
      await rewriteTiles(tx, (hashes) => hashes.slice(0, cut))
      return cut
    },
  },
]

const TRIALS = scaled(1_000, WAYS.length, 500)

/** As somebody would who knows how the tree is stored. */
async function rewriteTiles(
  tx: postgres.TransactionSql,
  change: (hashes: Buffer[]) => Buffer[],
): Promise<void> {
  const tiles = await tx<{ hashes: Buffer }[]>`
    select hashes from audit_tiles where level = 0 order by index`
  const all = Buffer.concat(tiles.map(({ hashes }) => hashes))
  let hashes = change(
    Array.from({ length: all.length / 32 }, (_, at) => all.subarray(at * 32, at * 32 + 32)),
  )
  await tx`delete from audit_tiles`
  for (let level = 0; hashes.length > 0; level++) {
    const full: Buffer[] = []
    for (let at = 0; at < hashes.length; at += 256) {
      const tile = Buffer.concat(hashes.slice(at, at + 256))
      await tx`insert into audit_tiles values (${level}, ${at / 256}, ${tile})`
      if (tile.length === 8_192) full.push(perfectRoot(tile))
    }
    hashes = full
  }
}

/** Inside the transaction that tampered. */
function seenIn(tx: postgres.TransactionSql): postgres.Sql {
  const same = { begin: (_options: string, work: (inner: unknown) => unknown) => work(tx) }
  return same as unknown as postgres.Sql
}

async function linesOf(tx: postgres.TransactionSql): Promise<string[]> {
  const { lines } = await exported(tx)
  return lines.toString().split('\n').slice(0, -1)
}

async function exported(tx: postgres.TransactionSql) {
  const parts: { lines: Buffer[]; hashes: Buffer[] } = { lines: [], hashes: [] }
  await exportLog(seenIn(tx), transferSource, {
    lines: async (chunk) => void parts.lines.push(chunk),
    hashes: async (chunk) => void parts.hashes.push(chunk),
    report: () => undefined,
  })
  return { lines: Buffer.concat(parts.lines), hashes: Buffer.concat(parts.hashes) }
}

async function someHistory(service: Service): Promise<void> {
  await createCustomer(service)
  for (const user_id of ['ada', 'bob', 'cyd']) {
    await service.asInternal('POST', '/account', { user_id, tier: 'pro' })
    await service.asInternal('POST', '/top_up', { user_id, amount: 10_000 })
  }
  await inParallel(280, 40, async (n) => {
    const user_id = ['ada', 'bob', 'cyd'][n % 3]
    if (n % 10 === 0) {
      return service.asAdmin('POST', '/api/customers', { email: `c${n}@example.com` })
    }
    const details = n % 2 === 0 ? { reason: `tokens ${n}`, metadata: { n } } : {}
    return service.asInternal('POST', '/deduct', { user_id, amount: 1 + n, ...details })
  })
}

test('promise 15: every edit, deletion, swap and cut tail is found, offline', async (t) => {
  counts(t, {
    promise: '15',
    what: 'Edits, deletions, swaps and cut tails of the log',
    trials: TRIALS,
    faults: TRIALS,
  })
  const service = await startService(t)
  await someHistory(service)
  const kept = await checkpointNow(service)
  const jwks = (await service.call('GET', '/.well-known/jwks.json')).body
  const checkpoint = (await openCheckpoint(kept.token, jwks)) as Checkpoint
  await service.app.close()
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-tampering-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'export.jsonl')

  const superuser = { url: service.database.adminUrl, ssl: 'disable', ca: undefined } as const
  const sql = connect(superuser, { name: 'tampering', connectionsMax: 1 })
  t.after(() => sql.end())
  const trust = { jwks: async () => jwks, logs: [], policy: null, settings: null }
  const judge = async (tx: postgres.TransactionSql) => {
    const { lines, hashes } = await exported(tx)
    writeFileSync(path, lines)
    writeFileSync(`${path}.hashes`, hashes)
    return {
      alone: await verifyExport(path, { checkpoints: [checkpoint] }),
      withHashes: await verifyExport(path, {
        checkpoints: [checkpoint],
        hashesPath: `${path}.hashes`,
      }),
      inside: await verifyDatabase(seenIn(tx), transferSource, {
        ...trust,
        checkpoints: [],
        report: () => undefined,
      }),
      all: await verifyDatabase(seenIn(tx), transferSource, {
        ...trust,
        checkpoints: [checkpoint],
        report: () => undefined,
      }),
    }
  }
  await sql.begin(async (tx) => {
    for (const verdict of Object.values(await judge(tx))) {
      assert.deepEqual(verdict.findings, [])
      assert.deepEqual([verdict.records, verdict.vouchedFor], [kept.size, kept.size])
    }
  })
  const random = randomOf(SEED)
  // From the first record of every kind on, so that there is one at or before it.
  const draw: Draw = { seq: () => random.int(8, kept.size - 1), of: (list) => random.pick(list) }
  for (let trial = 0; trial < TRIALS; trial++) {
    const way = WAYS[trial % WAYS.length]
    assert.ok(way)
    await sql
      .begin(async (tx) => {
        await tx`set local session_replication_role = replica`
        const wrong = await way.tamper(tx, draw)
        const { alone, withHashes, inside, all } = await judge(tx)
        const about = `${way.name}, trial ${trial}, record ${wrong}`
        assert.ok(alone.findings.length > 0, `${about}: from the export alone`)
        assert.ok(all.findings.length > 0, `${about}: in the database`)
        assert.equal(inside.findings.length > 0, way.isSeenInside ?? true, `${about}: inside`)
        if (wrong !== null) {
          assert.equal(withHashes.firstMisfit, wrong, about)
          assert.equal(all.firstMisfit, wrong, about)
        }
        throw new Undone()
      })
      .catch((error: unknown) => {
        if (!(error instanceof Undone)) throw error
      })
  }
})

/** Rolls a trial back. */
class Undone extends Error {}
