#!/usr/bin/env bash
# Beancount says of many conversions into a currency without decimals that they don't balance, though they do.
#
# Versions: beancount 3.2.3 (PyPI).
# Source:   Beancount's documentation: `@@` gives a total price ("Language syntax"), and whole numbers infer no
#           tolerance ("Precision & tolerances"). Inside, there is a price per unit, divided to 28 digits.
# Expected: `-0.77 USD @@ 90 JPY` and `90 JPY` balance: there is nothing to round.
# Seen:     "Transaction does not balance: (-0.00000000000000000000000001 JPY)", since 90 / 0.77 is rounded and
#           0.77 times that is not 90. So it is for 381 of 1,000 payouts from $0.01 to $10.00. With a decimal,
#           90.0 JPY, or with the option `inferred_tolerance_default "JPY:0.5"` all of them balance.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check beancount==3.2.3

cat >payouts.py <<'SCRIPT'
from decimal import Decimal
from beancount import loader

ACCOUNTS = '2026-01-01 open Assets:Stripe\n2026-01-01 open Assets:Bank\n'


def errors(payouts, total='{} JPY', options=''):
    text = options + ACCOUNTS
    for dollars, yen in payouts:
        text += f'2026-11-30 * "Payout"\n  Assets:Stripe  -{dollars} USD @@ {yen} JPY\n'
        text += f'  Assets:Bank  {total.format(yen)}\n'
    return [error.message for error in loader.load_string(text)[1]]


print('0.77 USD @@ 90 JPY:', errors([('0.77', 90)]))
payouts = [(Decimal(cents) / 100, cents * 156 // 100 + 1) for cents in range(1, 1001)]
print('1000 payouts:', len(errors(payouts)), 'do not balance')
print('with 90.0 JPY:', len(errors(payouts, '{}.0 JPY')))
tolerance = 'option "inferred_tolerance_default" "JPY:0.5"\n'
print('with the option:', len(errors(payouts, options=tolerance)))
SCRIPT
venv/bin/python payouts.py | tee seen

diff seen - <<'SEEN'
0.77 USD @@ 90 JPY: ['Transaction does not balance: (-0.00000000000000000000000001 JPY)']
1000 payouts: 381 do not balance
with 90.0 JPY: 0
with the option: 0
SEEN
