import { type IncomingMessage, Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { VERSION } from '../package/version.ts'
import { type Ending, endingAfter } from '../scheduling/ending.ts'
import { type AddressRule, hostOf, isAllowed, readTarget } from './addresses.ts'
import { type Resolve, resolver } from './resolve.ts'

/** A receiver has this long to answer, including the resolution of its name. */
const TIMEOUT_MS = 10_000
/** This much of an answer's body is read and discarded. */
const ANSWER_BYTES_MAX = 1_024
const FREE_SOCKETS_MAX = 8
/** After this long, a message on a new connection counts as begun, even without an answer. */
const CONNECTED_MS = 50

export interface Sent {
  /** The HTTP status; null without an answer. */
  status: number | null
  durationMs: number
  /** Why the attempt failed, in a word; null after a 2xx. */
  error: string | null
}

export interface Message {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

/** The name has an address that nothing may be sent to. */
class NotAllowed extends Error {}

/**
 * Sends messages. A name is resolved once for each attempt, and the connection goes to the address
 * that was checked, so a second answer of a name server can't lead elsewhere (DNS rebinding).
 * Redirects are not followed.
 */
export function sender(rule: AddressRule, resolve: Resolve = resolver()) {
  const options = { keepAlive: true, maxFreeSockets: FREE_SOCKETS_MAX, scheduling: 'lifo' as const }
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) }

  /**
   * @param onBegun called once the message has been handed to the network
   * @param stopping aborts the attempt
   */
  async function send(
    message: Message,
    onBegun: () => void = () => undefined,
    stopping?: AbortSignal,
  ): Promise<Sent> {
    const started = performance.now()
    const sent = (status: number | null, error: string | null) => {
      return { status, durationMs: Math.round(performance.now() - started), error }
    }
    const url = readTarget(message.url, rule)
    if (typeof url === 'string') return sent(null, 'address_not_allowed')
    const ending = endingAfter(TIMEOUT_MS, stopping)
    try {
      const address = await orAborted(allowedAddress(url), ending.signal)
      const status = await post(url, address, message, onBegun, ending)
      return sent(status, status >= 200 && status < 300 ? null : wordOfStatus(status))
    } catch (error) {
      ending.release()
      return sent(null, stopping?.aborted === true ? 'stopped' : wordOf(error))
    }
  }

  async function allowedAddress(url: URL): Promise<string> {
    const host = hostOf(url)
    const addresses = isIP(host) === 0 ? await resolve(host) : [host]
    // One forbidden address among others is enough to refuse a name.
    if (!addresses.every((one) => isAllowed(one, rule))) throw new NotAllowed()
    const [first] = addresses
    if (first === undefined) throw Object.assign(new Error(), { code: 'ENOTFOUND' })
    return first
  }

  /** Releases `ending` once the answer has ended, which may be after its status is known. */
  async function post(
    url: URL,
    address: string,
    message: Message,
    onBegun: () => void,
    ending: Ending,
    isFresh = false,
  ): Promise<number> {
    const isSecure = url.protocol === 'https:'
    const host = hostOf(url)
    const agent = agents[isSecure ? 'https:' : 'http:']
    const bytes = Buffer.from(message.body)
    const request = (isSecure ? httpsRequest : httpRequest)({
      host: address,
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      // The certificate is checked against the name, not the address.
      ...(isSecure && isIP(host) === 0 && { servername: host }),
      headers: {
        host: url.host,
        'content-type': 'application/json',
        'content-length': bytes.length,
        'user-agent': `Strongroom/${VERSION}`,
        ...message.headers,
      },
      agent: isFresh ? false : agent,
      signal: ending.signal,
    })
    const answered = new Promise<IncomingMessage>((done, fail) => {
      request.once('response', done)
      request.once('upgrade', (response, socket) => {
        socket.destroy()
        done(response)
      })
      request.on('error', fail)
    })
    request.once('finish', () => {
      // On a new connection, the message leaves later, and is read later than one on an old
      // connection.
      if (request.reusedSocket) onBegun()
      else setTimeout(onBegun, CONNECTED_MS).unref()
    })
    request.end(bytes)
    try {
      const response = await answered
      onBegun()
      discard(response)
      if (request.destroyed) ending.release()
      else request.once('close', ending.release)
      return response.statusCode ?? 0
    } catch (error) {
      // The receiver has just closed an idle connection, so it has not seen this message.
      const isIdle = request.reusedSocket && isBroken(error)
      if (isIdle && !ending.signal.aborted) {
        return post(url, address, message, onBegun, ending, true)
      }
      throw error
    }
  }

  return {
    send,
    close: () => {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

function discard(response: IncomingMessage): void {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) response.destroy()
  })
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

function isBroken(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(codeOf(error))
}

function wordOfStatus(status: number): string {
  return status >= 300 && status < 400 ? 'redirect' : 'status'
}

/** The reason in a word for operators, because messages of errors may quote addresses. */
function wordOf(error: unknown): string {
  if (error instanceof NotAllowed) return 'address_not_allowed'
  const name = error instanceof Error ? error.name : ''
  const code = codeOf(error)
  if (name === 'TimeoutError' || name === 'AbortError' || code === 'ETIMEDOUT') return 'timeout'
  if (code === 'ECONNREFUSED') return 'connection_refused'
  if (isBroken(error)) return 'connection_broken'
  if (code === 'ENOTFOUND') return 'name_not_resolved'
  if (code.startsWith('HPE_')) return 'not_http'
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return 'tls'
  return 'connection_failed'
}
