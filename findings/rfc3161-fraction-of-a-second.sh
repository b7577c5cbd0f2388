#!/usr/bin/env bash
# Sigstore's library for JavaScript reads the time stamps of a millisecond clock nine times out of ten.
#
# Versions: @sigstore/core 4.0.1 (npm), rfc3161-client 1.0.9 (PyPI). The authority is the machine's openssl.
# Source:   RFC 3161, section 2.4.2: genTime may have a fraction of a second, of any length. Zeros at its end
#           MUST be left out, and so must a fraction of zero.
# Expected: a time stamp whose signature is good has a time, whatever the authority's clock counts.
# Seen:     @sigstore/core takes no fraction, or three digits. A clock of milliseconds gives fewer digits
#           each tenth time, and one of microseconds nearly always more. Then the signature is good, and the
#           time is an "invalid time". Three digits are read as 0 milliseconds. openssl and rfc3161-client
#           read all. So an authority whose stamps such a verifier must read counts whole seconds.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @sigstore/core@4.0.1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check rfc3161-client==1.0.9
cat >authority.cnf <<'CNF'
[ req ]
distinguished_name = name
[ name ]
[ root ]
basicConstraints = critical,CA:TRUE
[ stamps ]
extendedKeyUsage = critical,timeStamping
[ tsa ]
default_tsa = authority
[ authority ]
serial = serial
signer_cert = stamps.pem
signer_key = stamps.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
clock_precision_digits = 0
CNF
openssl req -config authority.cnf -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 \
  -subj /CN=root -extensions root 2>/dev/null
openssl req -config authority.cnf -newkey rsa:2048 -nodes -keyout stamps.key -out stamps.csr -subj /CN=stamps 2>/dev/null
openssl x509 -req -in stamps.csr -CA root.pem -CAkey root.key -set_serial 2 -days 30 -extfile authority.cnf \
  -extensions stamps -out stamps.pem 2>/dev/null
openssl x509 -in stamps.pem -pubkey -noout >stamps.pub
echo 01 >serial
echo 'a checkpoint' >data
openssl ts -query -data data -sha256 -no_nonce -out query 2>/dev/null

# Stamps again and again, until the time has as many digits behind the point as are wanted.
stamp() { # <digits that the clock counts> <digits wanted>
  sed "s/^clock_precision_digits.*/clock_precision_digits = $1/" authority.cnf >clock.cnf
  for _ in $(seq 2000); do
    openssl ts -reply -queryfile query -config clock.cnf -out "stamp-$1-$2" 2>/dev/null
    time=$(openssl ts -reply -in "stamp-$1-$2" -text 2>/dev/null | grep 'Time stamp:')
    fraction=$(sed -n 's/.*:[0-9][0-9]\.\([0-9]*\) .*/\1/p' <<<"$time")
    if [ ${#fraction} = "$2" ]; then return; fi
  done
  return 1
}
for clock in '0 0' '3 3' '3 2' '6 6'; do stamp $clock; done

cat >read.mjs <<'SCRIPT'
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { RFC3161Timestamp } from '@sigstore/core'
const [file] = process.argv.slice(2)
const stamp = RFC3161Timestamp.parse(readFileSync(file))
stamp.verify(readFileSync('data'), createPublicKey(readFileSync('stamps.pub')))
try {
  console.log(`npm: its milliseconds are ${stamp.signingTime.getUTCMilliseconds()}`)
} catch (error) {
  console.log(`npm: the signature is good, but ${error.message}`)
}
SCRIPT
cat >read.py <<'SCRIPT'
import sys
from cryptography.x509 import load_pem_x509_certificate
from rfc3161_client import VerifierBuilder, decode_timestamp_response
stamp = decode_timestamp_response(open(sys.argv[1], 'rb').read())
root, stamps = (load_pem_x509_certificate(open(file, 'rb').read()) for file in ('root.pem', 'stamps.pem'))
verifier = VerifierBuilder().add_root_certificate(root).tsa_certificate(stamps).build()
verifier.verify_message(stamp, open('data', 'rb').read())
print('PyPI: verified')
SCRIPT
for clock in 0-0 3-3 3-2 6-6; do
  echo "A clock that counts ${clock%-*} digits gives ${clock#*-}"
  openssl ts -verify -queryfile query -in "stamp-$clock" -CAfile root.pem -untrusted stamps.pem 2>/dev/null |
    sed 's/^/openssl: /'
  venv/bin/python -W ignore read.py "stamp-$clock"
  node read.mjs "stamp-$clock"
done | tee seen

diff seen - <<'SEEN'
A clock that counts 0 digits gives 0
openssl: Verification: OK
PyPI: verified
npm: its milliseconds are 0
A clock that counts 3 digits gives 3
openssl: Verification: OK
PyPI: verified
npm: its milliseconds are 0
A clock that counts 3 digits gives 2
openssl: Verification: OK
PyPI: verified
npm: the signature is good, but invalid time
A clock that counts 6 digits gives 6
openssl: Verification: OK
PyPI: verified
npm: the signature is good, but invalid time
SEEN
