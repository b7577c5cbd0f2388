#!/usr/bin/env bash
# Paddle's SDK for Go refuses a webhook that has two signatures, and that for Node looks at the last one only.
#
# Versions: @paddle/paddle-node-sdk 3.10.0 (npm), paddle-python-sdk 1.16.1 (PyPI), paddle-go-sdk 4.1.0 (Go).
# Source:   Paddle's "Verify webhook signatures" says of the header Paddle-Signature: "Signatures contain at least
#           one `h1`". Node: webhooks-validator.js keeps one variable for h1. Go: webhook_verifier.go wants
#           exactly `ts=…;h1=…`. Python: PaddleSignature.py gathers them in a list and tries each.
# Expected: as with every provider that allows several signatures, so that a secret can be changed, one that fits
#           is enough, wherever it stands.
# Seen:     only Python does so. Node accepts the webhook if the fitting signature stands last; Go gives an error
#           for its format either way, and its middleware answers 400. Tests with one signature pass in all three.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @paddle/paddle-node-sdk@3.10.0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check paddle-python-sdk==1.16.1
export GOFLAGS=-mod=mod
printf 'module signatures\n\ngo 1.25\n' >go.mod
go get github.com/PaddleHQ/paddle-go-sdk/v4@v4.1.0 2>/dev/null

cat >verify.mjs <<'SCRIPT'
import { Paddle } from '@paddle/paddle-node-sdk'

const [secret, body, ...headers] = process.argv.slice(2)
const { webhooks } = new Paddle('key')
for (const header of headers) console.log('Node:', await webhooks.isSignatureValid(body, secret, header))
SCRIPT
cat >verify.py <<'SCRIPT'
import sys
from types import SimpleNamespace

from paddle_billing.Notifications import Secret, Verifier

secret, body, *headers = sys.argv[1:]
for header in headers:
    request = SimpleNamespace(headers={'Paddle-Signature': header}, body=body.encode())
    print('Python:', Verifier().verify(request, Secret(secret)))
SCRIPT
cat >main.go <<'PROGRAM'
package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"

	paddle "github.com/PaddleHQ/paddle-go-sdk/v4"
)

func main() {
	verifier := paddle.NewWebhookVerifier(os.Args[1])
	for _, header := range os.Args[3:] {
		request := httptest.NewRequest("POST", "/webhooks", strings.NewReader(os.Args[2]))
		request.Header.Set("Paddle-Signature", header)
		valid, err := verifier.Verify(request)
		fmt.Println("Go:", valid, err)
	}
}
PROGRAM
go build -o verify .

body='{"event_id":"evt_1"}'
sign() { printf '%s:%s' "$time" "$body" | openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1; }
check() {
  # Node and Python refuse a time more than five seconds ago, and Python one as far ahead.
  time=$(($(date +%s) + 3))
  new=$(sign new-secret)
  old=$(sign old-secret)
  headers=("ts=$time;h1=$new" "ts=$time;h1=$old;h1=$new" "ts=$time;h1=$new;h1=$old")
  "$@" new-secret "$body" "${headers[@]}"
}
{
  echo 'one signature; the old before the new; the new before the old'
  check node verify.mjs
  check venv/bin/python verify.py
  check ./verify
} >seen
cat seen

diff seen - <<'SEEN'
one signature; the old before the new; the new before the old
Node: true
Node: true
Node: false
Python: True
Python: True
Python: True
Go: true <nil>
Go: false invalid signature format
Go: false invalid signature format
SEEN
