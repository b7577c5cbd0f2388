import { type KeyObject, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

const MODULUS_BITS_MIN = 2_048

/** Other users may not read a private key, and may not replace a public one. */
const SECRET_MODE = 0o066
const PUBLIC_MODE = 0o022
/**
 * A secret that root shares with a service through its group, as Kubernetes mounts it. systemd's
 * credentials look the same, because an ACL's mask takes the place of the group's mode. PostgreSQL
 * has this rule too.
 */
const ROOTS_SECRET_MODE = 0o026

/** A fault in a key file, in words that follow the name of its variable. */
export class KeyFault extends Error {}

export interface KeyFileOptions {
  /** Whether the file must be closed to its group and to other users, as in production. */
  isStrict: boolean
}

/**
 * An RSA private key from a PEM file.
 * @throws KeyFault, which shows neither the path nor the content
 */
export function readPrivateKey(path: string, options: KeyFileOptions): KeyObject {
  const pem = contents(path)
  if (isPublic(pem)) throw new KeyFault('names a public key, where the private one is needed')
  const key = parsed(() => createPrivateKey(pem), 'an unencrypted RSA private key')
  requireRsa(key)
  if (options.isStrict) requireMode(path, SECRET_MODE)
  return key
}

/**
 * An Ed25519 private key from a PEM file, in PKCS#8.
 * @throws KeyFault, which shows neither the path nor the content
 */
export function readEd25519Key(path: string, options: KeyFileOptions): KeyObject {
  const pem = contents(path)
  const what = 'an unencrypted Ed25519 private key (PKCS#8)'
  if (isPublic(pem)) throw new KeyFault('names a public key, where the private one is needed')
  const key = parsed(() => createPrivateKey(pem), what)
  if (key.asymmetricKeyType !== 'ed25519' || !pem.includes('-----BEGIN PRIVATE KEY-----')) {
    throw new KeyFault(`names a file that is not ${what} in PEM`)
  }
  if (options.isStrict) requireMode(path, SECRET_MODE)
  return key
}

/**
 * The public part of an RSA key from a PEM file, which may also hold the private key.
 * @throws KeyFault
 */
export function readPublicKey(path: string, options: KeyFileOptions): KeyObject {
  const pem = contents(path)
  const key = parsed(() => createPublicKey(pem), 'an RSA key')
  requireRsa(key)
  if (options.isStrict) requireMode(path, isPublic(pem) ? PUBLIC_MODE : SECRET_MODE)
  return key
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new KeyFault('names a file that cannot be read')
  }
}

function isPublic(pem: string): boolean {
  return (
    !pem.includes('PRIVATE KEY-----') &&
    /-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----/.test(pem)
  )
}

function parsed(parse: () => KeyObject, what: string): KeyObject {
  try {
    return parse()
  } catch {
    throw new KeyFault(`names a file that is not ${what} in PEM`)
  }
}

function requireRsa(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'rsa') throw new KeyFault('names a key that is not RSA')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < MODULUS_BITS_MIN) {
    throw new KeyFault(`names a key of ${bits} bits: ${MODULUS_BITS_MIN} are needed`)
  }
}

function requireMode(path: string, forbidden: number): void {
  const { mode, uid } = statSync(path)
  const isRoots = uid === 0 && forbidden === SECRET_MODE
  if ((mode & (isRoots ? ROOTS_SECRET_MODE : forbidden)) === 0) return
  const act = forbidden === SECRET_MODE ? 'read' : 'write'
  throw new KeyFault(`names a file that others than its owner can ${act}: chmod 600`)
}
