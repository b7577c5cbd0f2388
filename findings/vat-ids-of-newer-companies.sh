#!/usr/bin/env bash
# jsvat refuses the VAT number of each company that Belgium registers now, and of Northern Ireland's companies.
#
# Versions: jsvat 2.5.4, jsvat-next 3.0.4 (npm); python-stdnum 2.2, company-id-validators 0.1.0 (PyPI).
# Source:   a Belgian number starts with 0 or 1, by the FPS Economy, as quoted in jsvat's issue 129, open since
#           2022, which also has BE1001686633; its issue 135 has BE1006023325. The last two digits are 97 less the
#           rest of the others by 97. Northern Ireland's have XI since 2021, by python-stdnum's issue 250.
# Expected: the check that a library does without a network accepts what is issued today, or leaves a country out.
# Seen:     jsvat, which is downloaded seven times as often as its fork jsvat-next, accepts none of 100,000 numbers
#           of Belgium that start with 1 and have the right check digits. XI it does not know, so `isValid` is
#           false there too. The other three accept both. So do not refuse a customer, or add VAT as for a
#           consumer, because of jsvat.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent jsvat@2.5.4 jsvat-next@3.0.4
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check python-stdnum==2.2 company-id-validators==0.1.0
cat >numbers.cjs <<'SCRIPT'
const numbers = ['BE0403019261', 'BE1001686633', 'BE1006023325', 'XI980780684']
const libraries = { jsvat: require('jsvat'), 'jsvat-next': require('jsvat-next') }
const valid = (library, number) => library.checkVAT(number, library.countries).isValid

for (const [name, library] of Object.entries(libraries)) {
  console.log(`${name}: ${numbers.map(number => `${number} ${valid(library, number)}`).join(', ')}`)
}
for (const [name, library] of Object.entries(libraries)) {
  let accepted = 0
  for (let first = 10_000_000; first < 10_100_000; first++) {
    if (valid(library, `BE${first}${String(97 - (first % 97)).padStart(2, '0')}`)) accepted++
  }
  console.log(`${name} accepts ${accepted} of 100000 that start with 1`)
}
SCRIPT
cat >numbers.py <<'SCRIPT'
from company_id_validators import validate_eu_vat
from stdnum.eu import vat

numbers = ['BE0403019261', 'BE1001686633', 'BE1006023325', 'XI980780684']
print('python-stdnum:', ', '.join(f'{number} {vat.is_valid(number)}' for number in numbers))
print('company-id-validators:', ', '.join(f'{number} {validate_eu_vat(number)["ok"]}' for number in numbers))
SCRIPT
node numbers.cjs >seen
venv/bin/python numbers.py >>seen
cat seen

diff seen - <<'SEEN'
jsvat: BE0403019261 true, BE1001686633 false, BE1006023325 false, XI980780684 false
jsvat-next: BE0403019261 true, BE1001686633 true, BE1006023325 true, XI980780684 true
jsvat accepts 0 of 100000 that start with 1
jsvat-next accepts 100000 of 100000 that start with 1
python-stdnum: BE0403019261 True, BE1001686633 True, BE1006023325 True, XI980780684 True
company-id-validators: BE0403019261 True, BE1001686633 True, BE1006023325 True, XI980780684 True
SEEN
