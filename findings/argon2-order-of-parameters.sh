#!/usr/bin/env bash
# Hashes of argon2 0.45 (npm) can't be verified by the reference implementation.
#
# Versions: argon2 0.44.0 and 0.45.1 (npm), argon2-cffi 25.1.0 (PyPI), which calls the reference C library.
# Source:   the PHC string format of Argon2, which orders the parameters m, t, p; decode_string() of the
#           reference library reads them in this order only.
# Expected: a minor release writes what the one before wrote, and a hash is good in every language.
# Seen:     0.45.1 sorts the parameters by name (m, p, t). Python answers "Decoding failed" to each of its
#           hashes. The npm package itself reads both, so the service that wrote them notices nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent argon2-44@npm:argon2@0.44.0 argon2-45@npm:argon2@0.45.1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check argon2-cffi==25.1.0

cat >verify.py <<'SCRIPT'
import argon2, sys
for text in sys.stdin.read().split():
    parameters = text.split('$')[3]
    try:
        print(parameters, argon2.PasswordHasher().verify(text, 'correct horse'))
    except argon2.exceptions.VerificationError as error:
        print(parameters, error)
SCRIPT
for version in 44 45; do
  node -e "require('argon2-$version').hash('correct horse', { memoryCost: 19456, timeCost: 2, parallelism: 1 })
    .then(console.log)"
done | venv/bin/python verify.py | tee seen

diff seen - <<'SEEN'
m=19456,t=2,p=1 True
m=19456,p=1,t=2 Decoding failed
SEEN
