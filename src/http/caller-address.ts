import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { rangeMatcher, readAddress, readRange } from './addresses.ts'
import { perSocket } from './per-socket.ts'

/**
 * How many entries of X-Forwarded-For are read, from the last one on: no chain of proxies is longer.
 */
const ENTRIES_MAX = 32

/** Used when the connection was gone before its address could be read. */
const UNSPECIFIED = '0.0.0.0'

interface Peer {
  address: string
  /** Whether X-Forwarded-For from this peer is believed. */
  isTrusted: boolean
}

/**
 * Makes `request.ip` the caller's address, for limits, failed authentication, log and audit alike:
 * the last entry of X-Forwarded-For that is not a trusted proxy's, or else the socket's address. It
 * is an IP literal, whatever a proxy has written. Fastify's `trustProxy` is not used: it takes any
 * text for an address, and the same address with another port for a new one.
 */
export const callerAddress = fp(
  async (app: FastifyInstance, options: { trustProxy: readonly string[] }) => {
    const isTrusted = rangeMatcher(
      options.trustProxy.map(readRange).filter((range) => range !== null),
    )
    const peers = perSocket<Peer>('peer')

    function peerOf({ socket }: FastifyRequest): Peer {
      let peer = peers.get(socket)
      if (peer === undefined) {
        // A link-local address of a socket has a zone.
        const [text = ''] = (socket.remoteAddress ?? '').split('%')
        const address = readAddress(text) ?? UNSPECIFIED
        peer = { address, isTrusted: isTrusted(address) }
        peers.set(socket, peer)
      }
      return peer
    }

    app.addHook('onRequest', (request, _reply, done) => {
      const peer = peerOf(request)
      // Node joins repeated headers with a comma.
      const forwarded = peer.isTrusted ? request.headers['x-forwarded-for'] : undefined
      const named = typeof forwarded === 'string' ? lastStranger(forwarded, isTrusted) : null
      Object.defineProperty(request, 'ip', { value: named ?? peer.address, enumerable: true })
      done()
    })
  },
  { name: 'caller-address' },
)

/**
 * Each proxy appends the address that called it. So the caller is the last entry that is not a
 * trusted proxy's, or the first entry if all are trusted.
 * @returns null if an entry that was read is no address, or there are too many
 */
function lastStranger(header: string, isTrusted: (address: string) => boolean): string | null {
  let end = header.length
  for (let count = 0; count < ENTRIES_MAX; count++) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1)
    const address = readAddress(header.slice(comma + 1, end).trim())
    if (address === null || !isTrusted(address) || comma === -1) return address
    end = comma
  }
  return null
}
