#!/usr/bin/env bash
# iso20022.js pays 1,000 yen as 10, and reads 1,000 received yen as 100,000: all currencies have cents to it.
#
# Versions: iso20022.js 0.0.15 with dinero.js 1.9.1 (npm).
# Source:   dist/index.js makes a Dinero of the amount and writes its `toUnit()`; `parseAmountToMinorUnits`
#           multiplies the number of a statement by ten to the `getPrecision()` of a Dinero. A Dinero 1 has two
#           digits, whatever its currency, unless one sets `precision`. For a reversal the text 'true' is
#           compared with what fast-xml-parser gives, a boolean.
# Expected: an amount in a currency's smallest unit, as Dinero counts, is that amount in the message, is read back
#           as it was, and is a whole number. An entry with `<RvslInd>true</RvslInd>` is a reversal.
# Seen:     1,000 yen are ordered as 10, and 1.500 dinars of Kuwait as 15; 1,000 yen received are 100,000, and
#           1.500 dinars are 150: the unit is a hundredth in each currency, which the read-me does not say. In euros
#           1.15 is 114.99999999999999, so a comparison with an invoice fails. `reversal` is false for each entry.
#           Tests with round amounts in euros pass.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent iso20022.js@0.0.15 dinero.js@1.9.1
cat >amounts.mjs <<'SCRIPT'
import { CashManagementEndOfDayReport, ISO20022 } from 'iso20022.js'

const agent = { bic: 'COBADEFFXXX', bankAddress: { country: 'DE' } }
const account = { iban: 'DE89370400440532013000' }
const address = { streetName: 'High Street', buildingNumber: '1', townName: 'Town', postalCode: '1', country: 'DE' }
const messages = new ISO20022({ initiatingParty: { name: 'Payer', id: 'PAYER', account, agent } })
for (const [amount, currency] of [[115, 'EUR'], [1000, 'JPY'], [1500, 'KWD']]) {
  const creditor = { name: 'Payee', account, agent, address }
  const order = messages.createSWIFTCreditPaymentInitiation([
    { type: 'swift', direction: 'credit', amount, currency, creditor },
  ])
  const [written] = /<InstdAmt.*<\/InstdAmt>/.exec(order.toString())
  console.log(`${amount} of the smallest unit of ${currency} is written as ${written}`)
}

const statement = (amount, currency) => `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2027-01-05T00:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><ElctrncSeqNb>1</ElctrncSeqNb><LglSeqNb>1</LglSeqNb><CreDtTm>2027-01-05T00:00:00Z</CreDtTm>
<FrToDt><FrDtTm>2027-01-04T00:00:00Z</FrDtTm><ToDtTm>2027-01-04T23:59:59Z</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>${currency}</Ccy><Ownr><Nm>Payee</Nm></Ownr>
<Svcr><FinInstnId><BIC>COBADEFFXXX</BIC></FinInstnId></Svcr></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2027-01-04</Dt></Dt></Bal>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd>
<Sts>BOOK</Sts><BookgDt><Dt>2027-01-04</Dt></BookgDt><ValDt><Dt>2027-01-04</Dt></ValDt>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd></Ntry>
</Stmt></BkToCstmrStmt></Document>`
for (const [amount, currency] of [['90.00', 'EUR'], ['1.15', 'EUR'], ['1000', 'JPY'], ['1.500', 'KWD']]) {
  const [entry] = CashManagementEndOfDayReport.fromXML(statement(amount, currency)).statements[0].entries
  console.log(`an entry of ${amount} ${currency} is read as ${entry.amount}, reversal ${entry.reversal}`)
}
SCRIPT
node amounts.mjs | tee seen

diff seen - <<'SEEN'
115 of the smallest unit of EUR is written as <InstdAmt Ccy="EUR">1.15</InstdAmt>
1000 of the smallest unit of JPY is written as <InstdAmt Ccy="JPY">10</InstdAmt>
1500 of the smallest unit of KWD is written as <InstdAmt Ccy="KWD">15</InstdAmt>
an entry of 90.00 EUR is read as 9000, reversal false
an entry of 1.15 EUR is read as 114.99999999999999, reversal false
an entry of 1000 JPY is read as 100000, reversal false
an entry of 1.500 KWD is read as 150, reversal false
SEEN
