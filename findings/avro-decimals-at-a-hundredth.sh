#!/usr/bin/env bash
# Apache's Avro for Python writes 100 as 1.00 in a column of two decimals; two for Go round down without an error.
#
# Versions: avro 1.12.2, fastavro 1.13.1 (PyPI); hamba/avro 2.31.0, goavro 2.15.0 (Go).
# Source:   the Avro specification, logical type "decimal": what is written is the whole number that, times ten to
#           the minus scale, is the value. It names no rounding, so a value that does not fit has to be an error.
# Expected: 100 is read back as 100.00, and what has more decimals than the schema is refused.
# Seen:     avro refuses more decimals, and writes the digits of fewer as they stand: 100 is read back as 1.00, and
#           0.1 and 1E+2 as 0.01, so whole prices and what `normalize()` returns are wrong without an error. Seven
#           digits in a precision of six are written too, and rounded when read. fastavro is right, though it
#           refuses 1.000. In Go, where a big.Rat has no decimals of its own, both libraries cut 1.999 to 1.99;
#           they round down, not to zero, so 1.005 is 1.00 and its refund of -1.005 is -1.01. So bring amounts to
#           the schema's scale before writing, in Python with `quantize`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check avro==1.12.2 fastavro==1.13.1
export GOFLAGS=-mod=mod
printf 'module decimals\n\ngo 1.25\n' >go.mod
go get github.com/hamba/avro/v2@v2.31.0 github.com/linkedin/goavro/v2@v2.15.0 2>/dev/null

cat >schema.json <<'SCHEMA'
{"type": "record", "name": "Line", "fields": [
  {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}}
]}
SCHEMA
cat >decimals.py <<'SCRIPT'
import io
import json
from decimal import Decimal

import avro.io
import avro.schema
import fastavro

text = open('schema.json').read()
schema = avro.schema.parse(text)
record = json.loads(text)


def with_avro(amount):
    file = io.BytesIO()
    avro.io.DatumWriter(schema).write({'amount': amount}, avro.io.BinaryEncoder(file))
    file.seek(0)
    return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(file))['amount']


def with_fastavro(amount):
    file = io.BytesIO()
    fastavro.schemaless_writer(file, record, {'amount': amount})
    file.seek(0)
    return fastavro.schemaless_reader(file, record, None)['amount']


for name, again in {'avro': with_avro, 'fastavro': with_fastavro}.items():
    for amount in map(Decimal, ('100.00', '100', '0.1', '1E+2', '1.000', '1.005', '12345.67')):
        try:
            print(f'{name}: {amount} is {again(amount)}')
        except Exception as error:
            print(f'{name}: {amount} is refused: {error}')
SCRIPT
cat >main.go <<'PROGRAM'
package main

import (
	"fmt"
	"math/big"
	"os"

	"github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func withHamba(schema string, amount *big.Rat) *big.Rat {
	type line struct {
		Amount *big.Rat `avro:"amount"`
	}
	parsed := avro.MustParse(schema)
	written, err := avro.Marshal(parsed, line{amount})
	check(err)
	var read line
	check(avro.Unmarshal(parsed, written, &read))
	return read.Amount
}

func withGoavro(schema string, amount *big.Rat) *big.Rat {
	codec, err := goavro.NewCodec(schema)
	check(err)
	written, err := codec.BinaryFromNative(nil, map[string]any{"amount": amount})
	check(err)
	read, _, err := codec.NativeFromBinary(written)
	check(err)
	return read.(map[string]any)["amount"].(*big.Rat)
}

func main() {
	schema, err := os.ReadFile("schema.json")
	check(err)
	for _, text := range []string{"100", "1.005", "-1.005", "1.999", "-0.001"} {
		amount, _ := new(big.Rat).SetString(text)
		hamba, goavro := withHamba(string(schema), amount), withGoavro(string(schema), amount)
		fmt.Printf("%s is %s with hamba/avro, %s with goavro\n", text, hamba.FloatString(2), goavro.FloatString(2))
	}
}
PROGRAM
venv/bin/python decimals.py >seen
go run . >>seen
cat seen

diff seen - <<'SEEN'
avro: 100.00 is 100.00
avro: 100 is 1.00
avro: 0.1 is 0.01
avro: 1E+2 is 0.01
avro: 1.000 is refused: The exponent of 1.000, -3, is too large for the schema scale of 2
avro: 1.005 is refused: The exponent of 1.005, -3, is too large for the schema scale of 2
avro: 12345.67 is 12345.7
fastavro: 100.00 is 100.00
fastavro: 100 is 100.00
fastavro: 0.1 is 0.10
fastavro: 1E+2 is 100.00
fastavro: 1.000 is refused: Scale provided in schema does not match the decimal
fastavro: 1.005 is refused: Scale provided in schema does not match the decimal
fastavro: 12345.67 is refused: The decimal precision is bigger than allowed by schema
100 is 100.00 with hamba/avro, 100.00 with goavro
1.005 is 1.00 with hamba/avro, 1.00 with goavro
-1.005 is -1.01 with hamba/avro, -1.01 with goavro
1.999 is 1.99 with hamba/avro, 1.99 with goavro
-0.001 is -0.01 with hamba/avro, -0.01 with goavro
SEEN
