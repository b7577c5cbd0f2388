#!/usr/bin/env bash
# Libraries for e-invoices write a price per call as 0.0000, or with an exponent, which XML Schema does not know.
#
# Versions: drafthorse 2025.2.0, PyCheval 0.3.3, erechnung 0.3.0, eu-einvoice 1.0.0 (PyPI); factur-x-kit 0.3.1
#           (npm).
# Source:   EN 16931-1: a unit price amount (BT-146) has any number of decimals, unlike other amounts. Peppol's
#           rule R120: a line's total is quantity times price. XML Schema, part 2: a decimal has no exponent.
# Expected: a million calls at 0.000015 EUR are on the invoice as such, 15.00 EUR in total.
# Seen:     erechnung and factur-x-kit write, without a warning, a million at 0.0000 and a total of 15.00, which
#           that rule refuses (factur-x-kit's read-me does name four decimals). Below 0.000001, drafthorse and
#           PyCheval write 1.5E-7: drafthorse's own check refuses the file then, PyCheval has none. eu-einvoice
#           is right. So invoice usage by the thousand or the million, with a base quantity (BT-149).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent --ignore-scripts factur-x-kit@0.3.1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check drafthorse==2025.2.0 pycheval==0.3.3 \
  erechnung==0.3.0 eu-einvoice==1.0.0

cat >invoice.py <<'SCRIPT'
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree

import erechnung
import pycheval
from drafthorse.models.tradelines import LineItem
from erechnung.calculation import calculate
from erechnung.xml import xml_bytes
from eu_einvoice import cii
from eu_einvoice.model import prepare
from pycheval.quantities import QuantityCode
from pycheval.type_codes import DocumentTypeCode

CALLS = Decimal(1_000_000)
DAY = date(2026, 11, 30)


def cents(amount):
    return amount.quantize(Decimal('0.01'), ROUND_HALF_UP)


def drafthorse(price):
    line = LineItem()
    line.product.name = 'API calls'
    line.agreement.net.amount = price
    line.delivery.billed_quantity = (CALLS, 'C62')
    line.settlement.monetary_summation.total_amount = cents(CALLS * price)
    return ElementTree.tostring(line.to_etree(), 'unicode')


def cheval(price):
    def euros(amount):
        return pycheval.Money(amount, 'EUR')

    def party(name):
        address = pycheval.PostalAddress('DE', post_code='10115', city='Berlin', line_one='Street 1')
        return pycheval.TradeParty(name, address, vat_id='DE123456789')

    net = cents(CALLS * price)
    tax = cents(net * 19 / 100)
    quantity = (CALLS, QuantityCode.ONE)
    line = pycheval.LineItem('1', 'API calls', euros(price), quantity, euros(net), Decimal(19))
    return pycheval.generate_xml(
        pycheval.BasicInvoice(
            '1',
            DocumentTypeCode.INVOICE,
            DAY,
            party('Seller'),
            party('Buyer'),
            'EUR',
            tax=[pycheval.Tax(euros(tax), euros(net), Decimal(19))],
            line_total_amount=euros(net),
            tax_basis_total_amount=euros(net),
            tax_total_amounts=[euros(tax)],
            grand_total_amount=euros(net + tax),
            due_payable_amount=euros(net + tax),
            line_items=[line],
        )
    )


def rechnung(price):
    address = dict(street='Street', house_number='1', postal_code='10115', city='Berlin')
    invoice = erechnung.Invoice(
        seller=erechnung.Seller('Seller', vat_id='DE123456789', **address),
        customer=erechnung.Customer(company='Buyer', **address),
        line_items=[erechnung.LineItem('API calls', CALLS, price)],
        invoice_number='1',
        issue_date=DAY,
        service_date=DAY,
    )
    return xml_bytes(invoice, calculate(invoice)).decode()


def einvoice(price):
    address = dict(line1='Street 1', city='Berlin', postal_code='10115', country='DE')
    line = dict(name='API calls', quantity=int(CALLS), unit='C62', price=price, vat_category='S', vat_rate=19)
    seller = dict(name='Seller', vat_id='DE123456789', address=address)
    buyer = dict(name='Buyer', address=address)
    raw = dict(number='1', issue_date=str(DAY), seller=seller, buyer=buyer, lines=[line])
    invoice, _ = prepare(raw)
    return cii.generate(invoice, {'customization_id': 'urn:cen.eu:en16931:2017'}).decode()


libraries = {'drafthorse': drafthorse, 'PyCheval': cheval, 'erechnung': rechnung, 'eu-einvoice': einvoice}
for price in (Decimal('0.000015'), Decimal('0.00000015')):
    for name, write in libraries.items():
        values = re.findall(r'<\w+:(ChargeAmount|LineTotalAmount)[^>]*>([\d.E-]+)<', write(price))
        print(f'{price:f} each, {name}: ' + ', '.join(' '.join(value) for value in values[:2]))
SCRIPT
cat >invoice.mjs <<'SCRIPT'
import { FacturX, totalsCalculator } from 'factur-x-kit'

for (const price of ['0.000015', '0.00000015']) {
  const postalAddress = { postcode: '10115', addressLineOne: 'Street 1', city: 'Berlin', country: 'DE' }
  const line = {
    generalLineData: { lineId: '1' },
    productDescription: { name: 'API calls' },
    productPriceAgreement: { productPricing: { basisPricePerItem: Number(price) } },
    delivery: { itemQuantity: { quantity: 1_000_000, unit: 'C62' } },
    settlement: { tax: { categoryCode: 'S', rateApplicablePercent: 19 } },
  }
  const invoice = totalsCalculator({
    document: { id: '1', type: '380', dateOfIssue: { year: 2026, month: 11, day: 30 }, currency: 'EUR' },
    seller: { name: 'Seller', postalAddress, taxIdentification: { vatId: 'DE123456789' } },
    buyer: { name: 'Buyer', postalAddress },
    invoiceLines: [line],
    totals: {},
    referencedDocuments: {},
    delivery: {},
    paymentInformation: { paymentTerms: { description: '30 days' } },
  })
  const xml = await (await FacturX.fromObject(invoice)).getXML()
  const [, charge] = xml.match(/NetPriceProductTradePrice>\s*<ram:ChargeAmount>([\d.e-]+)/)
  const [, total] = xml.match(/<ram:LineTotalAmount>([\d.e-]+)/)
  console.log(`${price} each, factur-x-kit: ChargeAmount ${charge}, LineTotalAmount ${total}`)
}
SCRIPT
venv/bin/python invoice.py >seen
node invoice.mjs >>seen
cat seen

diff seen - <<'SEEN'
0.000015 each, drafthorse: ChargeAmount 0.000015, LineTotalAmount 15.00
0.000015 each, PyCheval: ChargeAmount 0.000015, LineTotalAmount 15.00
0.000015 each, erechnung: ChargeAmount 0.0000, LineTotalAmount 15.00
0.000015 each, eu-einvoice: ChargeAmount 0.000015, LineTotalAmount 15.00
0.00000015 each, drafthorse: ChargeAmount 1.5E-7, LineTotalAmount 0.15
0.00000015 each, PyCheval: ChargeAmount 1.5E-7, LineTotalAmount 0.15
0.00000015 each, erechnung: ChargeAmount 0.0000, LineTotalAmount 0.15
0.00000015 each, eu-einvoice: ChargeAmount 0.00000015, LineTotalAmount 0.15
0.000015 each, factur-x-kit: ChargeAmount 0.0000, LineTotalAmount 15.00
0.00000015 each, factur-x-kit: ChargeAmount 0.0000, LineTotalAmount 0.15
SEEN
