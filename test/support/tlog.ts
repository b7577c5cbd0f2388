import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type SignedNote, openNote, readKey } from '../../src/audit/verifier.ts'
import { noteKey, vkeyOf } from '../../src/audit/tlog/note.ts'
import { settled } from './audit.ts'
import { eventually } from './processes.ts'
import type { Service } from './service.ts'
import { startWitness } from './witness.ts'

/** A folder for a log's key and state, which is removed with the test. */
export function logFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-tlog-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A key for a log's checkpoints. @returns its path */
export function newLogKey(folder: string, name = 'audit-log-key.pem'): string {
  const path = join(folder, name)
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

/** The settings with which a test's service publishes its log. */
export function logSettings(folder: string, name?: string): Record<string, string> {
  return { DATA_DIR: folder, AUDIT_LOG_KEY_PATH: newLogKey(folder, name) }
}

/** The settings with which a service publishes its log under this name, and one witness cosigns it. */
export async function witnessedLog(
  t: Pick<TestContext, 'after'>,
  folder: string,
  origin: string,
): Promise<Record<string, string>> {
  const witness = await startWitness(t)
  const policy = join(folder, 'witnesses')
  writeFileSync(policy, `witness one ${witness.vkey} ${witness.url}\nquorum one\n`)
  const settings = logSettings(folder)
  const key = createPrivateKey(readFileSync(settings['AUDIT_LOG_KEY_PATH'] ?? ''))
  witness.log = vkeyOf(await noteKey(origin, key))
  return { ...settings, AUDIT_LOG_ORIGIN: origin, AUDIT_WITNESSES_FILE: policy }
}

export async function keyOf(service: Pick<Service, 'call'>): Promise<string> {
  return String((await service.call('GET', '/log/key')).body).trim()
}

/** The newest published checkpoint, verified with the log's key. */
export async function publishedNote(
  service: Pick<Service, 'call'>,
  vkey: string,
): Promise<SignedNote & { text: string }> {
  const { status, body } = await service.call('GET', '/log/checkpoint')
  const key = await readKey(vkey)
  const note = key === null ? null : await openNote(String(body), key)
  if (note === null) throw new Error(`${status}: ${JSON.stringify(body)}`)
  return { ...note, text: String(body) }
}

/** Waits until everything that was committed is published. */
export async function publishedNow(service: Service): Promise<SignedNote & { text: string }> {
  await settled(service)
  const vkey = await keyOf(service)
  const [row] = await service.app.audit.sql<{ size: number }[]>`
    select (first_seq + size)::float8 as size from audit_places order by first_seq desc limit 1`
  const isThere = async () => (await publishedNote(service, vkey)).size >= (row?.size ?? 0)
  if (!(await eventually(isThere, 15_000))) throw new Error('The log is not published')
  return publishedNote(service, vkey)
}
