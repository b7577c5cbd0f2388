import { type KeyObject, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import {
  type NoteKey,
  isSame,
  keyId,
  openNote,
  provesConsistency,
  readKey,
} from '../../src/audit/verifier.ts'
import { vkeyOf } from '../../src/audit/tlog/note.ts'

const DASH = '\u2014'

/** A witness as C2SP's tlog-witness has it, for one log. */
export interface TestWitness {
  vkey: string
  url: string
  /** The vkey of the log that it knows; empty for none. */
  log: string
  state: { size: number; root: Uint8Array }
  /** How many requests were answered with each status. */
  answers: Map<number, number>
  stop(): Promise<void>
  /** Goes on at the same address, with what it knew. */
  restart(): Promise<void>
}

export async function startWitness(
  t: Pick<TestContext, 'after'>,
  name = 'witness.example/one',
): Promise<TestWitness> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = await cosignatureKey(name, privateKey)
  const witness = {
    vkey: vkeyOf(key),
    url: '',
    log: '',
    state: { size: 0, root: new Uint8Array() as Uint8Array },
    answers: new Map<number, number>(),
  }

  async function answer(body: string): Promise<[number, string]> {
    const end = body.indexOf('\n\n')
    const [oldLine = '', ...hashes] = body.slice(0, end).split('\n')
    const old = Number(/^old (0|[1-9]\d*)$/.exec(oldLine)?.[1] ?? NaN)
    const log = await readKey(witness.log)
    const checkpoint = body.slice(end + 2)
    if (log === null || checkpoint.split('\n', 1)[0] !== log.name) return [404, '']
    const note = await openNote(checkpoint, log)
    if (note === null) return [403, '']
    if (!(old <= note.size)) return [400, '']
    const { state } = witness
    if (old !== state.size) return [409, `${state.size}\n`]
    // Equal sizes need equal roots, and there is nothing to prove.
    const isEqual = old === note.size && old > 0
    if (isEqual && !isSame(state.root, note.root)) return [409, `${state.size}\n`]
    const proof = hashes.map((hash) => Buffer.from(hash, 'base64'))
    const isConsistent =
      old === 0 ? proof.length === 0 : await provesConsistency(state, note, proof)
    if (!isConsistent) return [422, '']
    witness.state = note
    const time = Math.floor(Date.now() / 1_000)
    const seconds = Buffer.alloc(8)
    seconds.writeBigUInt64BE(BigInt(time))
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${note.body}`)
    const signature = Buffer.concat([
      Buffer.from(key.id, 'hex'),
      seconds,
      sign(null, message, privateKey),
    ])
    const stranger = `${DASH} stranger.example ${Buffer.alloc(76, 7).toString('base64')}\n`
    return [200, `${stranger}${DASH} ${name} ${signature.toString('base64')}\n`]
  }

  let server: Server
  let port = 0
  const start = async () => {
    let turn: Promise<unknown> = Promise.resolve()
    server = createServer((request, response) => {
      // One after the other: the size is compared and stored at once.
      turn = turn.then(async () => {
        const [status, body] = await answer(await text(request)).catch(() => [500, ''] as const)
        witness.answers.set(status, (witness.answers.get(status) ?? 0) + 1)
        response.writeHead(status, status === 409 ? { 'content-type': 'text/x.tlog.size' } : {})
        return response.end(body)
      })
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    ;({ port } = server.address() as AddressInfo)
    witness.url = `http://127.0.0.1:${port}`
  }
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await start()
  t.after(stop)
  return Object.assign(witness, { stop, restart: start })
}

async function cosignatureKey(name: string, key: KeyObject): Promise<NoteKey> {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const bare = { name, type: 4, key: Buffer.from(x, 'base64url') }
  return { ...bare, id: await keyId(bare) }
}
