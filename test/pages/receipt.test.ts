import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { noteBody, noteKey, signNote, vkeyOf } from '../../src/audit/tlog/note.ts'
import { proofText } from '../../src/audit/tlog/proof.ts'
import { leafHash } from '../../src/audit/tree.ts'
import { canonicalJson } from '../../src/encoding/canonical-json.ts'
import { verifyPublished } from '../../src/pages/shared/receipt.ts'

/** A line as a witness of a kind that the service can't verify may have written it. */
function cosignature(name: string, seconds: bigint): string {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(seconds)
  const signature = Buffer.concat([Buffer.from('0b51c3d9', 'hex'), time, Buffer.alloc(64, 7)])
  return `\u2014 ${name} ${signature.toString('base64')}\n`
}

test('a receipt is shown whatever time an unverified cosignature states', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = await noteKey('example.com/books', privateKey)
  const record = { seq: 0, event: 'funds.deducted' }
  const leaf = Buffer.from(canonicalJson(record))
  const note = signNote(noteBody(key.name, 1, leafHash(leaf)), key, privateKey)
  const cosigned = [
    cosignature('sound.example', 1_767_225_600n),
    cosignature('last.example', 8_640_000_000_000n),
    cosignature('odd.example', 8_640_000_000_001n),
    cosignature('largest.example', 2n ** 64n - 1n),
  ]
  const proof = proofText(leaf, 0, [], note + cosigned.join(''))
  const { finding, cosignatures } = await verifyPublished(proof, vkeyOf(key), record)
  assert.ok(finding.isGood, finding.detail)
  assert.deepEqual(
    cosignatures.map(({ name, at }) => [name, at?.toISOString() ?? null]),
    [
      ['sound.example', '2026-01-01T00:00:00.000Z'],
      ['last.example', '+275760-09-13T00:00:00.000Z'],
      ['odd.example', null],
      ['largest.example', null],
    ],
  )
})
