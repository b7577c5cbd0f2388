#!/usr/bin/env bash
# standardwebhooks 1.1.0 (PyPI) and 1.1.1 (npm), the libraries of https://www.standardwebhooks.com.
# Expected: given a public key (whpk_…) and a signature under it (v1a), both verify it, or both say
# that they can't. Seen: JavaScript refuses the key; Python takes it for a secret of HMAC and later
# says that no signature matches.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check standardwebhooks==1.1.0
npm install --prefix "$work" --silent --no-audit --no-fund standardwebhooks@1.1.1

cat >"$work/event.py" <<'PYTHON'
import base64, time
from standardwebhooks.webhooks import Webhook
headers = {"webhook-id": "m1", "webhook-timestamp": str(int(time.time())),
           "webhook-signature": "v1a," + base64.b64encode(b"s" * 64).decode()}
try:
    webhook = Webhook("whpk_" + base64.b64encode(b"k" * 32).decode())
    print("Python takes the key")
    webhook.verify("{}", headers)
except Exception as error:
    print(f"Python: {error}")
PYTHON
cat >"$work/event.cjs" <<'JAVASCRIPT'
const { Webhook } = require('standardwebhooks')
try {
  new Webhook('whpk_' + Buffer.alloc(32, 'k').toString('base64'))
} catch (error) {
  process.stdout.write(`JavaScript: ${error.message}\n`)
}
JAVASCRIPT
seen=$("$work/venv/bin/python" "$work/event.py"; node "$work/event.cjs")
echo "$seen"
[ "$seen" = 'Python takes the key
Python: No matching signature found
JavaScript: Base64Coder: incorrect characters for decoding' ]
