import { type KeyObject, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate and its key, in PEM. */
export interface Identity {
  certificate: string
  key: string
}

/** Object identifiers, encoded as DER. */
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const BASIC_CONSTRAINTS = '551d13'
const SUBJECT_ALTERNATIVE_NAME = '551d11'

const TAGS = { boolean: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, sequence: 48, set: 49 }
const TIME = 23
const DAY_MS = 86_400_000

/**
 * A private certificate authority that is valid for a day; it implements of RFC 5280 only what tests
 * need.
 */
export function newAuthority(name: string) {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const basic = der('sequence', der('boolean', Buffer.from([0xff])))
  const certificate = issue(name, own.publicKey, [BASIC_CONSTRAINTS, basic])

  /** A certificate for a server with this name. */
  function identify(dnsName: string): Identity {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const names = der('sequence', tlv(0x82, Buffer.from(dnsName)))
    return {
      certificate: issue(dnsName, publicKey, [SUBJECT_ALTERNATIVE_NAME, names]),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  }

  function issue(
    subject: string,
    key: KeyObject,
    [oid, value]: [oid: string, value: Buffer],
  ): string {
    const algorithm = der('sequence', der('oid', ECDSA_WITH_SHA256))
    const content = der(
      'sequence',
      tlv(0xa0, der('integer', Buffer.from([2]))),
      der('integer', Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      nameOf(name),
      der('sequence', timeOf(Date.now() - DAY_MS), timeOf(Date.now() + DAY_MS)),
      nameOf(subject),
      key.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, der('sequence', der('sequence', der('oid', oid), der('octets', value)))),
    )
    const signature = sign('sha256', content, own.privateKey)
    const whole = der(
      'sequence',
      content,
      algorithm,
      der('bits', Buffer.concat([Buffer.from([0]), signature])),
    )
    return `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`
  }

  return { certificate, identify }
}

function nameOf(commonName: string): Buffer {
  const attribute = der('sequence', der('oid', COMMON_NAME), der('utf8', Buffer.from(commonName)))
  return der('sequence', der('set', attribute))
}

function timeOf(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '').slice(2, 14)
  return tlv(TIME, Buffer.from(`${digits}Z`))
}

function der(tag: keyof typeof TAGS, ...parts: (Buffer | string)[]): Buffer {
  return tlv(
    TAGS[tag],
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)),
  )
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}
