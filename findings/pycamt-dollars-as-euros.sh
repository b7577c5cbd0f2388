#!/usr/bin/env bash
# pycamt reads 90 euros that came from a payment of 100 dollars as 100 euros.
#
# Versions: pycamt 1.1.1, camt053 0.0.23, bankstatementparser 0.0.29 (PyPI).
# Source:   ISO 20022's definition of an entry's InstdAmt: the amount "before deduction of charges, expressed in the
#           currency as ordered by the initiating party". parser.py of pycamt takes the first `Amt` anywhere below
#           TxDtls, here that of InstdAmt, and puts it over the entry's Amount, whose Currency stays.
# Expected: the amounts of a statement add up to what its balance changes by, each in the account's currency.
# Seen:     an entry of 90.00 EUR with an ordered amount of 100.00 USD is "100.00" of "EUR", so the statement is
#           ten euros off, and 100 EUR of an invoice look paid. A payment in euros is right. camt053 and
#           bankstatementparser give the 90.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pycamt==1.1.1 camt053==0.0.23 \
  bankstatementparser==0.0.29
cat >statement.xml <<'STATEMENT'
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>2027-01-05T00:00:00Z</CreDtTm></GrpHdr>
  <Stmt>
    <Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2027-01-05T00:00:00Z</CreDtTm>
    <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
    <Bal><Tp><CdOrPrtry><Cd>PRCD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
      <Dt><Dt>2027-01-03</Dt></Dt></Bal>
    <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">140.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
      <Dt><Dt>2027-01-04</Dt></Dt></Bal>
    <Ntry>
      <Amt Ccy="EUR">90.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
      <BookgDt><Dt>2027-01-04</Dt></BookgDt><ValDt><Dt>2027-01-04</Dt></ValDt>
      <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>XBCT</SubFmlyCd></Fmly></Domn></BkTxCd>
      <NtryDtls><TxDtls>
        <Refs><EndToEndId>INVOICE-1</EndToEndId></Refs>
        <AmtDtls>
          <InstdAmt><Amt Ccy="USD">100.00</Amt></InstdAmt>
          <TxAmt><Amt Ccy="EUR">90.00</Amt></TxAmt>
        </AmtDtls>
      </TxDtls></NtryDtls>
    </Ntry>
    <Ntry>
      <Amt Ccy="EUR">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
      <BookgDt><Dt>2027-01-04</Dt></BookgDt><ValDt><Dt>2027-01-04</Dt></ValDt>
      <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
      <NtryDtls><TxDtls>
        <Refs><EndToEndId>INVOICE-2</EndToEndId></Refs>
        <AmtDtls><TxAmt><Amt Ccy="EUR">50.00</Amt></TxAmt></AmtDtls>
      </TxDtls></NtryDtls>
    </Ntry>
  </Stmt>
</BkToCstmrStmt></Document>
STATEMENT
cat >read.py <<'SCRIPT'
from decimal import Decimal

from bankstatementparser import CamtParser
from camt053.parse.statement_parser import parse_document
from pycamt.parser import Camt053Parser


def show(name, entries):
    total = sum(Decimal(str(amount)) for amount, _ in entries)
    print(f'{name}: {", ".join(f"{amount} {currency}" for amount, currency in entries)}; total {total}')


print('the bank: 90.00 EUR, 50.00 EUR; total 140.00')
transactions = Camt053Parser.from_file('statement.xml').get_transactions()
show('pycamt', [(each['Amount'], each['Currency']) for each in transactions])
with open('statement.xml', encoding='utf-8') as file:
    entries = parse_document(file.read()).statements[0].entries
show('camt053', [(each.amount, each.currency) for each in entries])
rows = CamtParser('statement.xml').parse()
show('bankstatementparser', list(zip(rows['Amount'], rows['Currency'])))
SCRIPT
venv/bin/python read.py | tee seen

diff seen - <<'SEEN'
the bank: 90.00 EUR, 50.00 EUR; total 140.00
pycamt: 100.00 EUR, 50.00 EUR; total 150.00
camt053: 90.00 EUR, 50.00 EUR; total 140.00
bankstatementparser: 90.00 EUR, 50.00 EUR; total 140.00
SEEN
