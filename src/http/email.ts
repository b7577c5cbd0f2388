import { domainToASCII, domainToUnicode } from 'node:url'

/** RFC 5321, 4.5.3.1: octets of the local part, and of an address in a path without its brackets. */
const LOCAL_OCTETS_MAX = 64
const ADDRESS_OCTETS_MAX = 254

/** RFC 1035, 2.3.4 */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** A dot-atom (RFC 5322, 3.2.3), in which RFC 6531 takes what is not ASCII too: here, what is printed. */
const ATOM = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\u{10FFFF}]+$/u
/** In ASCII it is hidden behind `xn--`. */
const EDGE_HYPHEN = /^-|-$/
const UNPRINTED = /[\p{C}\p{Z}]/u

/** Whether it is the address of a mailbox at a domain, internationalised or not (RFC 6531). */
export function isEmail(text: string): boolean {
  if (Buffer.byteLength(text) > ADDRESS_OCTETS_MAX) return false
  const address = normalEmail(text)
  const { local, domain } = partsOf(address)
  if (Buffer.byteLength(local) > LOCAL_OCTETS_MAX) return false
  if (Buffer.byteLength(address) > ADDRESS_OCTETS_MAX || UNPRINTED.test(address)) return false
  const labels = asciiDomain(domain).split('.')
  const isNumber = /^\d+$/.test(labels.at(-1) ?? '')
  return (
    local.split('.').every((atom) => ATOM.test(atom)) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label)) &&
    !domain.split('.').some((label) => EDGE_HYPHEN.test(label)) &&
    !isNumber
  )
}

/**
 * The same for the same mailbox, where the writing differs alone: composed (NFC), and an internationalised
 * domain in small letters. What is ASCII stays as it was written.
 */
export function normalEmail(text: string): string {
  const { local, domain } = partsOf(text.normalize('NFC'))
  return isAscii(domain) ? `${local}@${domain}` : `${local}@${domainToUnicode(asciiDomain(domain))}`
}

/** For other services, of which most know domains in ASCII alone (RFC 5891). */
export function emailForOthers(address: string): string {
  const { local, domain } = partsOf(address)
  return isAscii(domain) ? address : `${local}@${asciiDomain(domain)}`
}

function partsOf(text: string): { local: string; domain: string } {
  const at = text.lastIndexOf('@')
  return { local: text.slice(0, Math.max(at, 0)), domain: text.slice(at + 1) }
}

/** A URL's host may have escapes besides, and a port behind it. */
const DOMAIN = /^[A-Za-z0-9.\-\u0080-\u{10FFFF}]*$/u

/** Empty for what is no domain. */
function asciiDomain(domain: string): string {
  if (!DOMAIN.test(domain)) return ''
  return isAscii(domain) ? domain : domainToASCII(domain)
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^[\u0000-\u007f]*$/.test(text)
}
