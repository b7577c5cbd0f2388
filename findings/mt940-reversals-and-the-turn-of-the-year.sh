#!/usr/bin/env bash
# MT940 libraries count a payment taken back as a payment received, and book the 2nd of January a year too early.
#
# Versions: mt-940 5.1.1, bankfile 0.2.0 (PyPI); mt940-js 1.0.0, mt940js 1.3.5, @centrapay/swift-parser 1.0.1
#           (npm).
# Source:   SWIFT's MT940, field 61: the mark RC, reversal of a credit, is a debit, and RD is a credit. The
#           entry date has no year; it is near the value date, which has one.
# Expected: the entries of a statement add up to its closing balance. An entry of value 31 December that is
#           booked on 2 January is booked two days later.
# Seen:     only bankfile does both by itself. mt-940 adds what was taken back unless its option `reversal_sign`
#           is set: 1,000 received and 200 of them taken back make 1,200. mt940-js calls RC a credit and RD a
#           debit. In all three packages of npm, 2 January 2027 is 2 January 2026, in the wrong year's books.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
# mt940-js requires tslib, which it does not name as a dependency.
npm install --no-audit --no-fund --silent mt940-js@1.0.0 tslib@2.9.1 mt940js@1.3.5 @centrapay/swift-parser@1.0.1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check mt-940==5.1.1 bankfile==0.2.0

cat >statement.sta <<'STATEMENT'
:20:STATEMENT
:25:50010517/0123456789
:28C:1/1
:60F:C261230EUR0,00
:61:2612301230C1000,00NTRFNONREF//1
:61:2612310102RC200,00NTRFNONREF//2
:61:2612310102D50,00NCHGNONREF//3
:61:2612310102RD20,00NCHGNONREF//4
:62F:C270102EUR770,00
-
STATEMENT
cat >read.cjs <<'SCRIPT'
const { readFileSync } = require('node:fs')
const text = readFileSync('statement.sta', 'utf8')

function print(name, entries) {
  const total = entries.reduce((sum, [amount]) => sum + Number(amount), 0)
  const day = new Date(entries[1][1]).toISOString().slice(0, 10)
  console.log(`${name}: ${entries.map(([amount]) => Number(amount)).join(', ')}; total ${total}, booked ${day}`)
}

async function main() {
  const [first] = await require('mt940-js').read(Buffer.from(text))
  print(
    'mt940-js',
    first.transactions.map(entry => [entry.isCredit ? entry.amount : -entry.amount, entry.entryDate]),
  )
  const [second] = new (require('mt940js').Parser)().parse(text)
  print('mt940js', second.transactions.map(entry => [entry.amount, entry.entryDate]))
  const [third] = require('@centrapay/swift-parser').parse({ type: 'mt940', data: text })
  print('@centrapay/swift-parser', third.transactions.map(entry => [entry.amount, entry.entryDate]))
}
main()
SCRIPT
cat >read.py <<'SCRIPT'
import bankfile
import mt940


def show(name, entries):
    amounts = [int(amount) for amount, _ in entries]
    print(f'{name}: {", ".join(map(str, amounts))}; total {sum(amounts)}, booked {entries[1][1]}')


def entries(**options):
    found = mt940.parse('statement.sta', **options)
    return [(entry.data['amount'].amount, entry.data['entry_date']) for entry in found]


show('mt-940', entries())
show('mt-940 with reversal_sign', entries(options=mt940.Options(reversal_sign=True)))
show('bankfile', [(entry.amount, entry.booking_date) for entry in bankfile.parse('statement.sta').transactions])
SCRIPT
echo 'the bank: 1000, -200, -50, 20; total 770, booked 2027-01-02' >seen
venv/bin/python read.py >>seen
node read.cjs >>seen
cat seen

diff seen - <<'SEEN'
the bank: 1000, -200, -50, 20; total 770, booked 2027-01-02
mt-940: 1000, 200, -50, 20; total 1170, booked 2027-01-02
mt-940 with reversal_sign: 1000, -200, -50, 20; total 770, booked 2027-01-02
bankfile: 1000, -200, -50, 20; total 770, booked 2027-01-02
mt940-js: 1000, 200, -50, -20; total 1130, booked 2026-01-02
mt940js: 1000, -200, -50, 20; total 770, booked 2026-01-02
@centrapay/swift-parser: 1000, -200, -50, 20; total 770, booked 2026-01-02
SEEN
