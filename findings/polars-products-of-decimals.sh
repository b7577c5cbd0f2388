#!/usr/bin/env bash
# Polars rounds a product of decimals to the digits of the longer factor; SQL and Arrow keep all digits.
#
# Versions: polars 2.1.0, duckdb 2.0.1, pyarrow 26.0.1 (PyPI).
# Source:   the SQL standard, <numeric value expression>: a product has as many decimals as both factors
#           together. Polars' pull request 24542 chose the larger number of both, and ties to even. The
#           documentation of polars.Decimal does not say so.
# Expected: 3.5 GB at 0.015 each come to 0.0525, wherever both are decimals.
# Seen:     In Polars they come to 0.052, and a thousand such lines to 52.000 instead of 52.5. 0.05 times 0.05
#           is 0.00. What is read is rounded too: of "1.005", a column of two decimals has 1.00 in Polars and
#           1.01 in DuckDB, and Arrow refuses it. So cast to more decimals before multiplying, and round at
#           the end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1

cat >products.py <<'SCRIPT'
import io
from decimal import Decimal
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

used = [Decimal('3.5')] * 1000
prices = [Decimal('0.015')] * 1000
lines = pl.DataFrame({'used': used, 'price': prices}).select(cost=pl.col('used') * pl.col('price'))
print('polars', lines['cost'][0], 'sum', lines['cost'].sum())
table = pa.table({'used': used, 'price': prices})
cost = pc.multiply(table['used'], table['price'])
print('pyarrow', cost[0], 'sum', pc.sum(cost))
one, total = duckdb.sql('select first(used * price), sum(used * price) from "table"').fetchall()[0]
print('duckdb', one, 'sum', total)

half = Decimal('0.05')
print('polars 0.05 * 0.05 =', (pl.Series([half]) * pl.Series([half]))[0])
print('pyarrow 0.05 * 0.05 =', pc.multiply(pa.array([half]), pa.array([half]))[0])
print('duckdb 0.05 * 0.05 =', duckdb.sql('select 0.05 * 0.05').fetchall()[0][0])

text = b'amount\n1.005\n'
open('amounts.csv', 'wb').write(text)
print('polars reads', pl.read_csv('amounts.csv', schema={'amount': pl.Decimal(10, 2)})['amount'][0])
columns = "columns = {'amount': 'decimal(10, 2)'}"
print('duckdb reads', duckdb.sql(f"select * from read_csv('amounts.csv', {columns})").fetchall()[0][0])
try:
    options = pyarrow.csv.ConvertOptions(column_types={'amount': pa.decimal128(10, 2)})
    print('pyarrow reads', pyarrow.csv.read_csv(io.BytesIO(text), convert_options=options)['amount'][0])
except pa.ArrowInvalid as error:
    print('pyarrow refuses:', error)
SCRIPT
venv/bin/python products.py | tee seen

diff seen - <<'SEEN'
polars 0.052 sum 52.000
pyarrow 0.0525 sum 52.5000
duckdb 0.0525 sum 52.5000
polars 0.05 * 0.05 = 0.00
pyarrow 0.05 * 0.05 = 0.0025
duckdb 0.05 * 0.05 = 0.0025
polars reads 1.00
duckdb reads 1.01
pyarrow refuses: In CSV column #0: Rescaling Decimal value would cause data loss
SEEN
