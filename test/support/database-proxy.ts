import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import type { KindName } from '../../src/database/kinds.ts'

/**
 * When to cut a connection to the database, relative to a commit: that of a transaction, or of a
 * statement that commits by itself. `before` it reaches the server, while it is `under way`, or
 * `after` the server has done it and before the driver gets the answer.
 */
export type Cut = 'before' | 'under way' | 'after'

export interface Fault {
  cut: Cut
  /** Selects the commit by its statement; by default the first one. */
  matches?: RegExp
  /** Selects a kind of connection, by its name in the table of kinds; by default any. */
  pool?: KindName
  /** How long the server then refuses connections, like one that recovers. */
  recoveryMs?: number
}

export interface DatabaseProxy {
  url: string
  /** Plans a fault for the next commit that matches; replaces an earlier plan. */
  plan(fault: Fault | null): void
  /** Whether the planned fault has happened. */
  isDone(): boolean
  /** How many statements connections of this kind have sent. */
  statements(pool: KindName): number
  /** Leads new connections to another server from now on. */
  leadTo(databaseUrl: string): void
}

const WRITES = /^\s*(?:insert|update|delete|with[\s\S]*\binsert into)\b/i

/**
 * Stands between the service and PostgreSQL, reads the messages of both, and cuts a connection as
 * planned. It ends with the test.
 */
export async function databaseProxy(
  t: Pick<TestContext, 'after'>,
  databaseUrl: string,
): Promise<DatabaseProxy> {
  let target = upstreamOf(databaseUrl)
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  const counts = new Map<string, number>()
  let planned: Fault | null = null
  let recoveredAt = 0

  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (Date.now() < recoveredAt) {
      client.once('data', () => client.end(STARTING_UP))
      return
    }
    clients.add(client)
    client.on('close', () => clients.delete(client))
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    }
    const statements = statementReader((pool) => counts.set(pool, (counts.get(pool) ?? 0) + 1))
    let lose: (() => void) | null = null

    client.on('data', (bytes: Buffer) => {
      const commits = statements.read(bytes)
      const fault = planned
      const isHit =
        fault !== null &&
        (fault.pool === undefined || statements.pool() === `strongroom ${fault.pool}`) &&
        commits.some((text) => fault.matches?.test(text) ?? true)
      if (fault === null || !isHit) return void upstream.write(bytes)
      planned = null
      if (fault.cut === 'before') upstream.destroy()
      else upstream.write(bytes)
      if (fault.cut === 'under way') upstream.end()
      if (fault.cut === 'after') lose = () => cut(client, fault)
      else cut(client, fault)
    })
    upstream.on('data', (bytes: Buffer) => {
      // The server is ready again, so it has done what was sent.
      if (lose === null) client.write(bytes)
      else if (bytes.subarray(-6, -1).equals(READY)) lose()
    })
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.destroy())
  })
  /** A server that recovers has lost all its connections. */
  function cut(client: Socket, { recoveryMs }: Fault): void {
    client.resetAndDestroy()
    if (recoveryMs === undefined) return
    recoveredAt = Date.now() + recoveryMs
    for (const socket of clients) socket.resetAndDestroy()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(databaseUrl.replace(/@[^/?]*/, '@127.0.0.1'))
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    plan: (fault) => (planned = fault),
    isDone: () => planned === null,
    statements: (pool) => counts.get(`strongroom ${pool}`) ?? 0,
    leadTo: (other) => (target = upstreamOf(other)),
  }
}

/** `ReadyForQuery` without the state of the transaction. */
const READY = Buffer.from('Z\0\0\0\x05', 'latin1')

/** The answer of a server that does not accept connections yet. */
const STARTING_UP = errorResponse('57P03', 'the database system is in recovery mode')

function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

/**
 * Reads a client's messages, and recognises commits among the executed statements.
 * @param onStatement called for each executed statement, with the name of the connection
 */
function statementReader(onStatement: (pool: string) => void) {
  const prepared = new Map<string, string>()
  let rest = Buffer.alloc(0)
  let hasStarted = false
  let isInTransaction = false
  let pool = ''

  function read(bytes: Buffer): string[] {
    rest = Buffer.concat([rest, bytes])
    const commits: string[] = []
    for (;;) {
      const start = hasStarted ? 1 : 0
      if (rest.length < start + 4) return commits
      const end = start + rest.readUInt32BE(start)
      if (rest.length < end) return commits
      const text = hasStarted ? statementOf(rest[0] ?? 0, rest.subarray(5, end)) : null
      if (text !== null) onStatement(pool)
      if (text !== null && isCommit(text)) commits.push(text)
      if (!hasStarted) pool = /application_name\0([^\0]*)/.exec(rest.toString('latin1'))?.[1] ?? ''
      hasStarted = true
      rest = rest.subarray(end)
    }
  }

  /** The statement that the server executes for a message. */
  function statementOf(type: number, body: Buffer): string | null {
    const [first = '', second = ''] = body.toString('latin1').split('\0', 2)
    if (type === 0x51) return first
    if (type === 0x50) prepared.set(first, second)
    return type === 0x42 ? (prepared.get(second) ?? null) : null
  }

  function isCommit(text: string): boolean {
    const [word = ''] = /^\s*\w+/.exec(text.toLowerCase()) ?? []
    if (word.trim() === 'begin') isInTransaction = true
    const isEnd = ['commit', 'rollback'].includes(word.trim()) && !/^\s*rollback to/i.test(text)
    if (isEnd) isInTransaction = false
    return isEnd ? word.trim() === 'commit' : !isInTransaction && WRITES.test(text)
  }

  return { read, pool: () => pool }
}

function upstreamOf(databaseUrl: string) {
  const [, host = '', port = '5432'] = /@([^/:?]*)(?::(\d+))?/.exec(databaseUrl) ?? []
  const name = decodeURIComponent(host)
  if (!name.startsWith('/')) return { host: name, port: Number(port) }
  return { path: `${name}/.s.PGSQL.${port}` }
}
