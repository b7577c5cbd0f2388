import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { noteBody, noteKey, signNote, vkeyOf } from '../../src/audit/tlog/note.ts'
import { prober } from '../../src/audit/tlog/probe.ts'
import { witnessServers } from '../../src/audit/tlog/witnesses.ts'
import { readPolicy } from '../../src/audit/verifier.ts'
import { checkpointNow, settled } from '../support/audit.ts'
import { startService } from '../support/service.ts'
import { query } from '../support/tables.ts'
import { keyOf, logFolder, logSettings, publishedNow } from '../support/tlog.ts'
import { type TestWitness, startWitness } from '../support/witness.ts'

const ORIGIN = 'example.com/books'

/** What a witness has to say of a log. */
type Knowledge = 'watches it' | 'knows no log' | 'knows another key' | 'is away'

async function logKey() {
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const note = await noteKey(ORIGIN, key)
  return { key, note, vkey: vkeyOf(note) }
}

async function teach(witness: TestWitness, knowledge: Knowledge, vkey: string): Promise<void> {
  if (knowledge === 'watches it') witness.log = vkey
  if (knowledge === 'knows no log') witness.log = ''
  if (knowledge === 'knows another key') witness.log = (await logKey()).vkey
  if (knowledge === 'is away') await witness.stop()
}

/** A process that has signed nothing yet, and two witnesses of its log. */
async function starting(t: TestContext, quorum: 'any' | 'all', known: [Knowledge, Knowledge]) {
  const { key, note, vkey } = await logKey()
  const witnesses = [await startWitness(t), await startWitness(t, 'witness.example/two')] as const
  const policy = await readPolicy(
    [
      ...witnesses.map(({ vkey: own, url }, index) => `witness w${index} ${own} ${url}`),
      `group both ${quorum} w0 w1`,
      'quorum both\n',
    ].join('\n'),
  )
  for (const [index, witness] of witnesses.entries()) await teach(witness, known[index]!, vkey)
  const last = { note: signNote(noteBody(ORIGIN, 1, Buffer.alloc(32)), note, key), size: 1 }
  const servers = witnessServers(policy, new AbortController().signal)
  // None of these witnesses knows the log already, so nothing is read from a database.
  const probe = prober(undefined as never, async () => undefined)
  const identity = { origin: ORIGIN, vkey, signing: { key, note } }
  return { witnesses, maySign: () => probe.isAnswered(last, identity, servers, policy) }
}

for (const [quorum, one, other, maySign] of [
  ['all', 'watches it', 'watches it', true],
  ['all', 'watches it', 'knows no log', true],
  ['all', 'watches it', 'knows another key', true],
  ['all', 'knows no log', 'knows another key', true],
  ['all', 'watches it', 'is away', false],
  ['any', 'watches it', 'is away', true],
  // Whoever is away may know more, and a witness that does not know the log is none for it.
  ['any', 'knows no log', 'is away', false],
  ['any', 'knows another key', 'is away', false],
] as const) {
  const what = `a process ${maySign ? 'signs' : 'waits'} where ${quorum} of two witnesses are needed`
  test(`${what}, one ${one} and the other ${other}`, async (t) => {
    const scene = await starting(t, quorum, [one, other])
    assert.equal(await scene.maySign(), maySign)
    assert.equal(await scene.maySign(), maySign)
    for (const { answers } of scene.witnesses) {
      const asked = [...answers.values()].reduce((sum, times) => sum + times, 0)
      assert.ok(asked <= 1, 'a definite answer is asked for once')
    }
  })
}

test('a service signs at once beside a witness that does not know its log', async (t) => {
  const folder = logFolder(t)
  const [one, other] = [await startWitness(t), await startWitness(t, 'witness.example/other')]
  const policy = join(folder, 'witnesses')
  writeFileSync(
    policy,
    `witness one ${one.vkey} ${one.url}\nwitness other ${other.vkey} ${other.url}\n` +
      'group both all one other\nquorum both\n',
  )
  const settings = {
    ...logSettings(folder),
    AUDIT_LOG_ORIGIN: ORIGIN,
    AUDIT_WITNESSES_FILE: policy,
  }
  const first = await startService(t, settings)
  one.log = other.log = await keyOf(first)
  await first.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await publishedNow(first)
  await first.app.close()

  for (const knowledge of ['knows no log', 'knows another key'] as const) {
    await teach(one, knowledge, one.log)
    const next = await startService(t, settings, first.database)
    await next.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1 })
    await settled(next)
    const [log] = await query<{ size: number }[]>(
      first.database,
      'select (first_seq + size)::float8 as size from audit_places order by first_seq desc limit 1',
    )
    // While witnesses are waited for, a checkpoint on demand is of the published state.
    assert.ok((await checkpointNow(next)).size >= (log?.size ?? Infinity), knowledge)
    await next.app.close()
  }
})
