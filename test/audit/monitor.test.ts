import assert from 'node:assert/strict'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type postgres from 'postgres'
import { LogFault, type Monitored, lookAtLog } from '../../src/audit/tlog/monitor.ts'
import { noteBody, signNote } from '../../src/audit/tlog/note.ts'
import { appendLeaves } from '../../src/audit/tiles.ts'
import { growingTree } from '../../src/audit/tree.ts'
import { readKey, readPolicy } from '../../src/audit/verifier.ts'
import { counts } from '../support/counts.ts'
import { asAdmin } from '../support/database.ts'
import { inParallel, scaled } from '../support/scale.ts'
import { commandBeside } from '../support/service-process.ts'
import { SEED, randomOf } from '../support/random.ts'
import { startService } from '../support/service.ts'
import { keyOf, logFolder, newLogKey, publishedNow } from '../support/tlog.ts'
import { startWitness } from '../support/witness.ts'

const TRIALS = scaled(1_000, 8, 60)
/** Longer than the service remembers what is published. */
const ROW_MS = 220

const random = randomOf(SEED)
const below = (max: number) => random.int(0, max - 1)

/** What someone may do who has the database, and even the log's key. */
const WAYS = {
  'edits a record': (leaves: Buffer[], known: number) => {
    return { leaves: leaves.with(below(known), randomBytes(32)), signs: true }
  },
  'removes a record': (leaves: Buffer[], known: number) => {
    return { leaves: leaves.toSpliced(below(known), 1), signs: true }
  },
  'removes a record and adds another': (leaves: Buffer[], known: number) => {
    return { leaves: [...leaves.toSpliced(below(known), 1), randomBytes(32)], signs: true }
  },
  'inserts a record': (leaves: Buffer[], known: number) => {
    return { leaves: leaves.toSpliced(below(known), 0, randomBytes(32)), signs: true }
  },
  'swaps two records': (leaves: Buffer[], known: number) => {
    const at = below(known - 1)
    const [one, other] = [leaves[at] as Buffer, leaves[at + 1] as Buffer]
    return { leaves: leaves.with(at, other).with(at + 1, one), signs: true }
  },
  'cuts off the end with its checkpoints': (leaves: Buffer[], known: number) => {
    return { leaves: leaves.slice(0, 1 + below(known - 1)), signs: true }
  },
  'restores a backup and goes on': (leaves: Buffer[], known: number) => {
    const kept = leaves.slice(0, 1 + below(known - 1))
    const grown = Array.from({ length: leaves.length }, () => randomBytes(32))
    return { leaves: [...kept, ...grown], signs: true }
  },
  'edits a record and leaves the checkpoint': (leaves: Buffer[], known: number) => {
    return { leaves: leaves.with(below(known), randomBytes(32)), signs: false }
  },
}

test('a monitor that started before finds whatever becomes of the log', async (t) => {
  counts(t, {
    promise: '15',
    what: 'A monitor, and what becomes of the log behind it',
    trials: TRIALS,
    faults: TRIALS,
  })
  const folder = logFolder(t)
  const keyPath = newLogKey(folder)
  const settings = {
    DATA_DIR: folder,
    AUDIT_LOG_KEY_PATH: keyPath,
    AUDIT_LOG_ORIGIN: 'example.com/books',
  }
  const maker = await startService(t, settings)
  const vkey = await keyOf(maker)
  const key = await readKey(vkey)
  assert.ok(key)
  await maker.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await maker.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  const states: { size: number; text: string }[] = []
  for (const count of [20, 250, 300]) {
    await inParallel(count, 32, () =>
      maker.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
    )
    const { size, text } = await publishedNow(maker)
    states.push({ size, text })
  }
  await maker.app.close()
  // Without the key: nothing in it guards the log, and it answers what the database has.
  const service = await startService(t, {}, maker.database)
  const state = join(folder, 'state')
  const log: Monitored = { prefix: `${service.origin}/log`, key, policy: null, state }
  const { vkey: witness } = await startWitness(t)
  const policy = await readPolicy(`witness one ${witness}\nquorum one\n`)
  const newest = states.at(-1)
  assert.ok(newest)

  for (const { text } of states) {
    for (const isWhole of [true, false]) {
      writeFileSync(state, text)
      const looked = await lookAtLog(log, isWhole)
      assert.equal(looked.size, newest.size)
      assert.equal(readFileSync(state, 'utf8'), newest.text)
    }
  }
  rmSync(state)
  const args = ['audit', 'monitor', service.origin, '--key', vkey, '--state', state, '--once']
  const once = await commandBeside(args, {})
  assert.equal(once.status, 0, once.output)
  assert.match(once.output, /records, seen for the first time, .*: consistent\n$/)

  const privateKey = createPrivateKey(readFileSync(keyPath))
  await asAdmin(service.database.adminUrl, async (sql) => {
    await sql`set session_replication_role = replica`
    const rows = await sql<{ hashes: Buffer }[]>`
      select hashes from audit_tiles where level = 0 order by index`
    const all = Buffer.concat(rows.map(({ hashes }) => hashes))
    const leaves = Array.from({ length: newest.size }, (_, n) => all.subarray(32 * n, 32 * n + 32))
    const names = Object.keys(WAYS) as (keyof typeof WAYS)[]
    for (let trial = 0; trial < TRIALS; trial++) {
      const way = names[trial % names.length] as keyof typeof WAYS
      const known = states[trial % states.length] as (typeof states)[number]
      const tampered = WAYS[way](leaves, known.size)
      await replace(sql, tampered.leaves)
      if (tampered.signs) {
        const body = noteBody(key.name, tampered.leaves.length, rootOf(tampered.leaves))
        await publish(sql, tampered.leaves.length, signNote(body, key, privateKey))
      }
      await new Promise((resolve) => setTimeout(resolve, ROW_MS))
      const { note: shown } = await publishedRow(sql)
      for (const watched of [log, { ...log, policy }]) {
        const what = `${way}, ${watched.policy === null ? 'without' : 'with'} witnesses`
        writeFileSync(state, known.text)
        rmSync(`${state}.conflict`, { force: true })
        const fault = await lookAtLog(watched, true).catch((error: unknown) => error)
        assert.ok(fault instanceof LogFault, `${what}: unseen`)
        // Two checkpoints alone contradict each other only if they are of the same size.
        const isProof = tampered.signs && tampered.leaves.length === known.size
        assert.equal(fault.message.includes('prove it'), isProof, `${what}: ${fault.message}`)
        assert.equal(readFileSync(state, 'utf8'), known.text, 'the good state is kept')
        if (!tampered.signs) continue
        // Whether or not the witnesses cosigned it, the other history proves the fork.
        assert.equal(readFileSync(`${state}.conflict`, 'utf8'), shown, `${what}: not kept`)
      }
      await replace(sql, leaves)
      await publish(sql, newest.size, newest.text)
    }
    const body = noteBody(key.name, 1, leaves[0] as Buffer)
    await publish(sql, 1, signNote(body, key, privateKey))
  })
  await new Promise((resolve) => setTimeout(resolve, ROW_MS))
  const shrunk = await commandBeside(args, {})
  assert.equal(shrunk.status, 1, shrunk.output)
  assert.match(shrunk.output, /The log has lost records: it had \d+, and has 1/)
  const stranger = await commandBeside(
    args.with(4, vkey.replace('example.com/books', 'example.com/other')),
    {},
  )
  assert.equal(stranger.status, 2, stranger.output)
})

function rootOf(leaves: readonly Buffer[]): Buffer {
  const tree = growingTree()
  for (const leaf of leaves) tree.add(leaf)
  return tree.root()
}

async function replace(sql: postgres.Sql, leaves: readonly Buffer[]): Promise<void> {
  await sql`delete from audit_tiles`
  await appendLeaves(
    sql,
    0,
    leaves.map((leaf) => leaf.toString('hex')),
  )
}

async function publishedRow(sql: postgres.Sql): Promise<{ note: string }> {
  const [row] = await sql<{ note: string }[]>`select note from published_log`
  assert.ok(row)
  return row
}

async function publish(sql: postgres.Sql, size: number, note: string): Promise<void> {
  await sql`update published_log set size = ${size}, note = ${note}`
}
