#!/usr/bin/env bash
# rusty-money reads a price of "0.015" as 15 in EUR and 21 more currencies, and refuses "100.00" in them.
#
# Versions: rusty-money 0.5.1 (crates.io).
# Source:   the documentation of `Money::from_str`: it "supports fuzzy amount strings like "100", "100.00" and
#           "-100.00"". The read-me calls it locale-aware, with "1.000,99" for EUR. The currency sets the style,
#           and a point before three digits counts as one of thousands, even after a lone zero.
# Expected: what is not written in a currency's style is refused, and what `amount()` says can be read back.
# Seen:     decimals as APIs and databases write them are refused with two digits, and taken a thousandfold
#           with three: 0.015 EUR becomes €15,00, and 1.125 EUR €1.125,00. So prices with three decimals, as
#           those of usage often are, go wrong without an error; in USD and CHF they are read as they stand.
#           Parse a `Decimal` instead, and give it to `Money::from_decimal`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir src
cat >Cargo.toml <<'MANIFEST'
[package]
name = "prices"
version = "0.1.0"
edition = "2021"

[dependencies]
rusty-money = "=0.5.1"
MANIFEST
cat >src/main.rs <<'PROGRAM'
use rusty_money::{iso, Money};

fn main() {
    let currencies = [iso::USD, iso::CHF, iso::EUR, iso::DKK, iso::BRL];
    for text in ["100.00", "0.015", "1.125", "-0.250"] {
        println!("{text:?}");
        for currency in currencies {
            match Money::from_str(text, currency) {
                Ok(money) => println!("  {}: {}, {money}", currency.iso_alpha_code, money.amount()),
                Err(error) => println!("  {}: {error:?}", currency.iso_alpha_code),
            }
        }
    }
    let price = Money::from_str("0,015", iso::EUR).unwrap();
    let text = price.amount().to_string();
    println!("0,015 EUR has the amount {text}, read back: {}", Money::from_str(&text, iso::EUR).unwrap());
}
PROGRAM
cargo run --quiet | tee seen

diff seen - <<'SEEN'
"100.00"
  USD: 100.00, $100.00
  CHF: 100.00, Fr100.00
  EUR: InvalidAmount
  DKK: InvalidAmount
  BRL: InvalidAmount
"0.015"
  USD: 0.015, $0.02
  CHF: 0.015, Fr0.02
  EUR: 15.00, €15,00
  DKK: 15.00, 15,00kr.
  BRL: 15.00, R$15,00
"1.125"
  USD: 1.125, $1.12
  CHF: 1.125, Fr1.12
  EUR: 1125.00, €1.125,00
  DKK: 1125.00, 1.125,00kr.
  BRL: 1125.00, R$1.125,00
"-0.250"
  USD: -0.250, -$0.25
  CHF: -0.250, -Fr0.25
  EUR: -250.00, -€250,00
  DKK: -250.00, -250,00kr.
  BRL: -250.00, -R$250,00
0,015 EUR has the amount 0.015, read back: €15,00
SEEN
