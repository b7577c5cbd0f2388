#!/usr/bin/env bash
# go-money reads an amount of 10.50 in JSON as 10 cents, and makes a cent less of amounts that it wrote itself.
#
# Versions: go-money 1.0.15 (Go).
# Source:   run here. An amount is an int64 of cents, and encoding/json refuses 10.50 for one; go-money reads a
#           float64 and cuts it. `NewFromFloat` says that it rounds "trailing decimals down", and 1.15 has none;
#           its issues 121 and 124 ask why that becomes 1.14.
# Expected: an amount in JSON that is not whole is an error, or means decimals. What MarshalJSON or AsMajorUnits
#           says of an amount can be read back as that amount.
# Seen:     10.50 EUR in JSON is €0.10 and -0.99 is €0.00, without an error; 9007199254740993 dong, written by
#           go-money, come back as 9007199254740992. From €0.00 to €99.99, 573 of 10,000 amounts are a cent
#           less after AsMajorUnits and NewFromFloat. So set `money.UnmarshalJSON` to a function of your own,
#           and give `money.New` whole cents that a decimal library has made.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod
printf 'module cents\n\ngo 1.25\n' >go.mod
go get github.com/Rhymond/go-money@v1.0.15 2>/dev/null
cat >main.go <<'PROGRAM'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/Rhymond/go-money"
)

func main() {
	for _, text := range []string{
		`{"amount": 1050, "currency": "EUR"}`,
		`{"amount": 10.50, "currency": "EUR"}`,
		`{"amount": -0.99, "currency": "EUR"}`,
	} {
		var own struct {
			Amount   int64
			Currency string
		}
		fmt.Println(text)
		fmt.Println("  encoding/json:", json.Unmarshal([]byte(text), &own), own.Amount)
		var amount money.Money
		fmt.Println("  go-money:", json.Unmarshal([]byte(text), &amount), amount.Display())
	}

	written, _ := json.Marshal(money.New(9007199254740993, money.VND))
	var read money.Money
	fmt.Println("written:", string(written))
	fmt.Println("read:", json.Unmarshal(written, &read), read.Amount())

	for _, value := range []float64{1.15, 18.99, 147.23} {
		fmt.Println(value, "EUR is", money.NewFromFloat(value, money.EUR).Display())
	}
	less := 0
	for cents := int64(0); cents < 10_000; cents++ {
		units := money.New(cents, money.EUR).AsMajorUnits()
		if money.NewFromFloat(units, money.EUR).Amount() == cents-1 {
			less++
		}
	}
	fmt.Println("a cent less after AsMajorUnits and NewFromFloat:", less, "of 10000")
}
PROGRAM
go run . | tee seen

diff seen - <<'SEEN'
{"amount": 1050, "currency": "EUR"}
  encoding/json: <nil> 1050
  go-money: <nil> €10.50
{"amount": 10.50, "currency": "EUR"}
  encoding/json: json: cannot unmarshal number 10.50 into Go struct field .Amount of type int64 0
  go-money: <nil> €0.10
{"amount": -0.99, "currency": "EUR"}
  encoding/json: json: cannot unmarshal number -0.99 into Go struct field .Amount of type int64 0
  go-money: <nil> €0.00
written: {"amount":9007199254740993,"currency":"VND"}
read: <nil> 9007199254740992
1.15 EUR is €1.14
18.99 EUR is €18.98
147.23 EUR is €147.22
a cent less after AsMajorUnits and NewFromFloat: 573 of 10000
SEEN
