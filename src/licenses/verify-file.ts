import { readFileSync } from 'node:fs'
import { UnreadableFile } from '../encoding/unreadable-file.ts'
import { type Jwks, type VerifyOptions, verifyLicense } from './verifier.ts'

export interface FileVerdict {
  /** One line for each licence in the file. */
  report: string
  verdicts: ReturnType<typeof verifyLicense>[]
  isValid: boolean
}

/**
 * Verifies the licences in a file: a token alone, or an answer of the service that contains some.
 * @throws UnreadableFile
 */
export function verifyLicenseFile(path: string, options: VerifyOptions): FileVerdict {
  const verdicts = tokensIn(path).map((token) => verifyLicense(token, options))
  const lines = verdicts.map((verdict) =>
    verdict.valid
      ? `valid: ${verdict.licenseId} of ${verdict.customerId}, plan ${verdict.plan ?? 'none'}, ` +
        `until ${verdict.expiresAt.toISOString()}, key ${verdict.keyId}`
      : `not valid: ${verdict.reason}`,
  )
  return {
    verdicts,
    report: lines.map((line) => `${line}\n`).join(''),
    isValid: verdicts.every(({ valid }) => valid),
  }
}

/** @throws UnreadableFile */
export function readJwks(path: string): Jwks {
  const value = parsed(read(path))
  const keys = fieldOf(value, 'keys')
  const isJwks = Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
  if (!isJwks) throw new UnreadableFile(`${path} is no JWKS`)
  return { keys: keys as object[] }
}

/** The revocation list, alone or as the service answered it. @throws UnreadableFile */
export function readRevocations(path: string): string {
  return read(path)
}

function tokensIn(path: string): string[] {
  const text = read(path)
  const value = parsed(text)
  if (value === undefined) return [text]
  const data = fieldOf(value, 'data')
  const found = Array.isArray(data) ? data : [fieldOf(value, 'license') ?? value]
  const tokens = found.map((one) => fieldOf(one, 'token'))
  const isAll = tokens.length > 0 && tokens.every((token) => typeof token === 'string')
  if (!isAll) throw new UnreadableFile(`${path} has no licence in it`)
  return tokens
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new UnreadableFile(`${path} can not be read`)
  }
}

/** Undefined if the text is no JSON object, as for a token alone. */
function parsed(text: string): unknown {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined
}
