import { once } from 'node:events'
import { connect } from 'node:tls'
import { type Line, failure, pass, warning } from './check.ts'

const TIMEOUT_MS = 4_000
const DAY_MS = 86_400_000
/** Let's Encrypt renews at 30 days: below this, renewal is late or does not happen. */
const DAYS_MIN = 14

/** Checks a TLS server's certificate as a browser would. @param origin `https://…` */
export async function certificate(origin: string): Promise<Line> {
  const { hostname, port } = new URL(origin)
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 443),
    servername: hostname,
    timeout: TIMEOUT_MS,
  })
  socket.once('timeout', () => socket.destroy(new Error('It does not answer')))
  try {
    await once(socket, 'secureConnect')
    const { valid_to: end, issuer } = socket.getPeerCertificate()
    const days = Math.floor((Date.parse(end) - Date.now()) / DAY_MS)
    const protocol = socket.getProtocol() ?? 'unknown protocol'
    // An authority that only this machine trusts is unknown to clients.
    const by = String(issuer.O ?? issuer.CN)
    if (days < DAYS_MIN) {
      return warning('certificate', `ends in ${days} days`, 'see why it was not renewed')
    }
    return pass('certificate', `valid for ${days} days, by ${by}, ${protocol}`)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'no answer'
    return failure('certificate', `a client would refuse it (${code})`, 'install a valid one')
  } finally {
    socket.destroy()
  }
}
