import { type KeyObject, createPublicKey, sign } from 'node:crypto'
import { KEY_TYPES, type NoteKey, keyId } from '../verifier.ts'

/** Each signature line begins with exactly this dash (U+2014). */
const DASH = '\u2014'

/** The public part of a log's Ed25519 key, as C2SP's signed-note defines it. */
export async function noteKey(origin: string, key: KeyObject): Promise<NoteKey> {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const bare = { name: origin, type: KEY_TYPES.log, key: Buffer.from(x, 'base64url') }
  return { ...bare, id: await keyId(bare) }
}

/** `<name>+<id>+<base64 of type and key>` */
export function vkeyOf({ name, id, type, key }: NoteKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.of(type), key]).toString('base64')}`
}

/** The text that log and witnesses sign. */
export function noteBody(origin: string, size: number, root: Buffer): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`
}

/** A signed note: the text, an empty line and the log's signature. */
export function signNote(body: string, { name, id }: NoteKey, key: KeyObject): string {
  const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(body), key)])
  return `${body}\n${DASH} ${name} ${signature.toString('base64')}\n`
}
