import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cosignatures, cosignaturesOf } from '../../src/audit/tlog/cosignatures.ts'
import { gather } from '../../src/audit/tlog/gather.ts'
import type { Answer, WitnessServer } from '../../src/audit/tlog/witnesses.ts'
import { readPolicy } from '../../src/audit/verifier.ts'
import { startWitness } from '../support/witness.ts'

const NAMES = ['one', 'two', 'three', 'four']

/** A witness that cosigns when the test says so. */
function server(name: string) {
  let cosign = () => {}
  const answer = new Promise<Answer>((resolve) => {
    cosign = () => resolve({ lines: [`${name}\n`], names: [name] })
  })
  return { url: name, ask: () => answer, cosign: () => cosign() }
}

/** A round about a note. @returns what it has stored so far, and its end */
function round(cosigned: Cosignatures, servers: readonly WitnessServer[]) {
  const stored: [string, boolean][] = []
  const closing = new AbortController()
  const ended = gather(servers, cosigned, {
    closing: closing.signal,
    // The servers of this test need neither database nor note.
    ask: (one) => one.ask(undefined as never, cosigned.note, 1),
    heed: async () => undefined,
    store: async () => void stored.push([cosigned.lines().join(''), cosigned.hasQuorum()]),
  })
  const end = () => {
    closing.abort()
    return ended
  }
  return { stored, ended, end }
}

test('an answer of an earlier round adds to what a later one has gathered', async (t) => {
  const lines: string[] = []
  for (const name of NAMES) {
    lines.push(`witness ${name} ${(await startWitness(t, `witness.example/${name}`)).vkey}`)
  }
  const policy = await readPolicy(
    `${lines.join('\n')}\ngroup most 3 ${NAMES.join(' ')}\nquorum most\n`,
  )
  const cosigned = cosignaturesOf('note', policy)
  const [one, two] = [server('one'), server('two')]
  const first = round(cosigned, [one, two])
  one.cosign()
  await one.ask()
  await first.end()
  assert.deepEqual(first.stored, [['one\n', false]])

  const others = ['one', 'three', 'four'].map(server)
  const second = round(cosigned, others)
  for (const other of others) other.cosign()
  await second.ended
  assert.deepEqual(second.stored, [['one\nthree\nfour\n', true]])

  two.cosign()
  await two.ask()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(first.stored.at(-1), ['one\nthree\nfour\ntwo\n', true])
})
