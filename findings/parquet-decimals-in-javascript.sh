#!/usr/bin/env bash
# An amount of 10.05 in a Parquet file is 1005, a float, or a few bytes in JavaScript, depending on the library.
#
# Versions: apache-arrow 21.2.0, parquet-wasm 0.8.0, hyparquet 1.33.0, @dsnp/parquetjs 1.8.8 (npm); pyarrow 26.0.1
#           (PyPI) writes the files.
# Source:   the Parquet format, logical type DECIMAL: the value is the stored integer times ten to the minus scale,
#           and the integer may have 32 or 64 bits, or be bytes. arrow-js' issue 100 asks for an easier way to read
#           decimals.
# Expected: 10.05 in a decimal(18, 2) is read as 10.05, from either of its stored forms, and 90071992547409.93 too.
# Seen:     apache-arrow prints 1005, and so do String, Number and a table's text, while JSON has it in two pairs of
#           quotes; only `valueOf(scale)` is 10.05, as a float. hyparquet gives floats: 90071992547409.92.
#           @dsnp/parquetjs gives the bytes, and refuses a file that has the integers in 64 bits. So export
#           amounts as whole cents in a column of int64, or as text.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent apache-arrow@21.2.0 parquet-wasm@0.8.0 hyparquet@1.33.0 @dsnp/parquetjs@1.8.8
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pyarrow==26.0.1

cat >write.py <<'SCRIPT'
from decimal import Decimal

import pyarrow
from pyarrow import parquet

amounts = pyarrow.array([Decimal('10.05'), Decimal('90071992547409.93')], pyarrow.decimal128(18, 2))
table = pyarrow.table({'amount': amounts})
parquet.write_table(table, 'bytes.parquet', compression='none')
parquet.write_table(table, 'int64.parquet', compression='none', store_decimal_as_integer=True)
print('written by pyarrow:', *parquet.read_table('int64.parquet')['amount'])
SCRIPT
cat >read.mjs <<'SCRIPT'
import { readFileSync } from 'node:fs'
import parquetjs from '@dsnp/parquetjs'
import { tableFromIPC } from 'apache-arrow'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { readParquet } from 'parquet-wasm/node'

for (const name of ['bytes', 'int64']) {
  const file = `${name}.parquet`
  console.log(name)
  const table = tableFromIPC(readParquet(readFileSync(file)).intoIPCStream())
  const column = table.getChild('amount')
  const first = column.get(0)
  console.log('  apache-arrow:', String(column))
  console.log('    Number:', Number(first), 'JSON:', JSON.stringify(first), 'valueOf(2):', first.valueOf(2))
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(file) })
  console.log('  hyparquet:', ...rows.map(row => row.amount))
  try {
    const reader = await parquetjs.ParquetReader.openFile(file)
    const cursor = reader.getCursor()
    const found = []
    for (let row = await cursor.next(); row; row = await cursor.next()) found.push(row.amount)
    console.log('  @dsnp/parquetjs:', ...found)
  } catch (error) {
    console.log('  @dsnp/parquetjs refuses:', error.message)
  }
}
SCRIPT
venv/bin/python write.py >seen
node read.mjs >>seen
cat seen

diff seen - <<'SEEN'
written by pyarrow: 10.05 90071992547409.93
bytes
  apache-arrow: [1005,9007199254740993]
    Number: 1005 JSON: "\"1005\"" valueOf(2): 10.05
  hyparquet: 10.05 90071992547409.92
  @dsnp/parquetjs: <Buffer 00 00 00 00 00 00 03 ed> <Buffer 00 20 00 00 00 00 00 01>
int64
  apache-arrow: [1005,9007199254740993]
    Number: 1005 JSON: "\"1005\"" valueOf(2): 10.05
  hyparquet: 10.05 90071992547409.92
  @dsnp/parquetjs refuses: missing option: typeLength (required for FIXED_LEN_BYTE_ARRAY)
SEEN
