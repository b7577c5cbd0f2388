import { randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'
import { type Socket, connect } from 'node:net'
import { constants, setPriority } from 'node:os'
import { newApiKey } from '../../src/customers/api-keys/format.ts'
import { randomBase62 } from '../../src/encoding/ids.ts'

/**
 * A process that attacks the service on this machine at the address in its arguments: wrong API keys
 * that look right, each from another network, and connections that never finish a request. The service
 * must trust this machine as a proxy. Ends when its parent closes its input.
 */
const WRONG_KEYS_PER_S = 500
const SLOW_CONNECTIONS = 2_000
/** Short, for what comes from all over the world comes one by one. */
const TICK_MS = 2
const OPENED_IN_A_TICK_MAX = 10

const { hostname, port } = new URL(process.argv[2] ?? '')
const agent = new Agent({ keepAlive: true, maxSockets: 128 })
const statuses: Record<string, number> = {}
const slow = new Set<Socket>()

function tryWrongKey(): void {
  const headers = {
    'x-api-key': newApiKey(`cust_${randomBase62(16)}`).apiKey,
    'x-forwarded-for': Array.from({ length: 4 }, () => randomInt(1, 224)).join('.'),
  }
  const call = request({ hostname, port, path: '/api/me', agent, headers }, (response) => {
    response.resume()
    const status = String(response.statusCode)
    statuses[status] = (statuses[status] ?? 0) + 1
  })
  call.on('error', () => undefined)
  call.end()
}

function openSlowly(): void {
  const socket = connect(Number(port), hostname)
  slow.add(socket)
  socket.write('GET /api/me HTTP/1.1\r\nhost: a\r\nx-slow: ')
  socket.on('error', () => undefined)
  socket.on('close', () => slow.delete(socket))
}

// What attackers compute is done elsewhere; here they only get what the service leaves.
setPriority(constants.priority.PRIORITY_LOW)
const begun = performance.now()
let sent = 0
const timer = setInterval(() => {
  const due = ((performance.now() - begun) / 1_000) * WRONG_KEYS_PER_S
  for (; sent < due; sent++) tryWrongKey()
  // The service closes them after some seconds; a few at a time, until there are as many again.
  for (let n = 0; n < OPENED_IN_A_TICK_MAX && slow.size < SLOW_CONNECTIONS; n++) openSlowly()
  if (slow.size === SLOW_CONNECTIONS) process.stdout.write('.')
}, TICK_MS)

process.stdin.resume()
process.stdin.on('end', () => {
  clearInterval(timer)
  process.stdout.write(`\n${JSON.stringify(statuses)}\n`, () => process.exit(0))
})
