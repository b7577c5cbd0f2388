#!/usr/bin/env bash
# Libraries for Stripe send or store a hundredth or a tenth of an amount where Stripe has rules of its own.
#
# Versions: @vendure/payments-plugin 3.5.6, zero-decimal-currencies 1.6.0 (npm); dj-stripe 2.11.0 (PyPI).
# Source:   Stripe's documentation, "Supported currencies". Its list of zero-decimal currencies has long had
#           UGX, but "Special cases" below it says that UGX and ISK are sent with two decimals, so 5 UGX are
#           500. By "Three-decimal currencies", 5 KWD are 5000.
# Expected: a library that converts amounts for Stripe counts as Stripe does.
# Seen:     Both packages of npm send 5000 for 5,000 UGX, which Stripe reads as 50 UGX. Vendure's plugin asks
#           Intl whether a currency has decimals: it sends a hundredth of a price in ISK too, and a tenth in
#           KWD. dj-stripe divides by 100 whatever the currency is: a charge of 5,000 yen is stored as 50, one
#           of 5,000 dinars as 50000. So Stripe's unit comes from its list and its special cases together, not
#           from ISO 4217 or Intl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent --ignore-scripts --legacy-peer-deps @vendure/payments-plugin@3.5.6 \
  zero-decimal-currencies@1.6.0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check dj-stripe==2.11.0

cat >send.cjs <<'SCRIPT'
const { join } = require('node:path')
const { toStripeUnit } = require('zero-decimal-currencies')
// The package does not export this file, which its service for Stripe uses.
const vendure = require(join(__dirname, 'node_modules/@vendure/payments-plugin/package/stripe/stripe-utils.js'))
const price = 5000
const amounts = { EUR: 500_000, JPY: 5_000, UGX: 500_000, ISK: 500_000, KWD: 5_000_000 }
for (const [currency, stripe] of Object.entries(amounts)) {
  // Vendure stores all prices times 100.
  const order = { currencyCode: currency, totalWithTax: price * 100 }
  console.log(`${price} ${currency}: Stripe takes ${stripe}`)
  console.log(`  Vendure sends ${vendure.getAmountInStripeMinorUnits(order)}`)
  console.log(`  zero-decimal-currencies sends ${toStripeUnit(price, currency)}`)
}
SCRIPT
cat >read.py <<'SCRIPT'
from django.conf import settings

settings.configure(
    INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes', 'djstripe'],
    DJSTRIPE_FOREIGN_KEY_TO_FIELD='id',
)
import django

django.setup()
from djstripe.models import Charge

amount = Charge._meta.get_field('amount')
for currency, stripe in (('eur', 500_000), ('jpy', 5_000), ('kwd', 5_000_000)):
    stored = amount.stripe_to_db({'amount': stripe, 'currency': currency})
    print(f'a charge of 5000 {currency.upper()}: dj-stripe stores {stored}')
SCRIPT
node send.cjs >seen
venv/bin/python -W ignore read.py >>seen
cat seen

diff seen - <<'SEEN'
5000 EUR: Stripe takes 500000
  Vendure sends 500000
  zero-decimal-currencies sends 500000
5000 JPY: Stripe takes 5000
  Vendure sends 5000
  zero-decimal-currencies sends 5000
5000 UGX: Stripe takes 500000
  Vendure sends 5000
  zero-decimal-currencies sends 5000
5000 ISK: Stripe takes 500000
  Vendure sends 5000
  zero-decimal-currencies sends 500000
5000 KWD: Stripe takes 5000000
  Vendure sends 500000
  zero-decimal-currencies sends 5000000
a charge of 5000 EUR: dj-stripe stores 5000
a charge of 5000 JPY: dj-stripe stores 50
a charge of 5000 KWD: dj-stripe stores 50000
SEEN
