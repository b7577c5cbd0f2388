#!/usr/bin/env bash
# ioredis: a command that was rejected by its timeout is sent later all the same.
#
# Versions: ioredis 6.0.0 (npm); the server is a few lines of Node that speak Redis's protocol.
# Source:   ioredis's manual: with commandTimeout "an error will be thrown" if the server does not reply in time.
# Expected: a command whose promise was rejected while it waited in the offline queue is never sent.
# Seen:     it stays in the queue and goes out when the connection is there. Callers that count once more by other
#           means after the rejection, as limits do, count twice.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent ioredis@6.0.0

cat >count.mjs <<'SCRIPT'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'
const port = await freePort()
const redis = new Redis({ port, host: '127.0.0.1', commandTimeout: 200, enableReadyCheck: false,
  maxRetriesPerRequest: null, retryStrategy: () => 100 })
redis.on('error', () => {})
await redis.incr('calls').catch((error) => console.log(`caller: ${error.message}`))

const server = createServer((socket) => socket.on('data', (data) => {
  // Arrays of bulk strings; each command gets an answer.
  for (const [, name] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
    if (name.toLowerCase() === 'incr') console.log('server: incr')
    socket.write(name.toLowerCase() === 'incr' ? ':1\r\n' : '+OK\r\n')
  }
}))
server.listen(port, '127.0.0.1')
await once(redis, 'ready')
console.log(`caller: next is ${await redis.set('other', 1)}`)
process.exit()

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  await new Promise((done) => probe.close(done))
  return port
}
SCRIPT
timeout 30 node count.mjs | tee seen

diff seen - <<'SEEN'
caller: Command timed out
server: incr
caller: next is OK
SEEN
