import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { rangeMatcher, readAddress, readRange } from './addresses.ts'

/** So many entries of X-Forwarded-For are read, from the last one on: no more proxies are in a row. */
const ENTRIES_MAX = 32

/** What stands for a caller whose connection was gone before it could be asked. */
const UNSPECIFIED = '0.0.0.0'

interface Peer {
  address: string
  /** Whether its X-Forwarded-For is believed. */
  isTrusted: boolean
}

/**
 * Makes `request.ip` the address of the caller, for limits, failed authentication, log and audit
 * alike: the last entry of X-Forwarded-For that is not a trusted proxy's own, or else the socket's
 * address. It is an IP literal, whatever a proxy has written. Fastify's `trustProxy` takes any text
 * for an address, and one with a port for a new one each time; it is not used.
 */
export const callerAddress = fp(
  async (app: FastifyInstance, options: { trustProxy: readonly string[] }) => {
    const isTrusted = rangeMatcher(
      options.trustProxy.map(readRange).filter((range) => range !== null),
    )
    const peers = new WeakMap<Socket, Peer>()

    function peerOf({ socket }: FastifyRequest): Peer {
      let peer = peers.get(socket)
      if (peer === undefined) {
        // Link-local addresses of sockets have a zone.
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
 * Each proxy appends the address it was called from. So the last entry that is no trusted proxy's is
 * the caller, or the first of all if every one is trusted.
 * @returns null where an entry on the way is no address, or there are too many
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
