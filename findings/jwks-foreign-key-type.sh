#!/usr/bin/env bash
# One key of a type that a library does not know makes a whole JWKS unreadable in some libraries.
#
# Versions: jose 6.2.18 (npm); PyJWT 2.15.1, Authlib 1.9.10, python-jose 3.5.0 (PyPI); go-jose 4.1.9 (Go module proxy).
# Source:   RFC 7517, section 5: implementations SHOULD ignore keys of a set whose "kty" they don't understand.
# Expected: a set of an RSA key and one of `"kty": "NEW"` verifies what the RSA key has signed, in every library.
# Seen:     jose and PyJWT do. go-jose and Authlib refuse the whole set, wherever the new key stands in it; python-jose does if it
#           stands before the right one. So a key of a new type needs a set of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent jose@6.2.18
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'pyjwt[crypto]==2.15.1' authlib==1.9.10 python-jose[cryptography]==3.5.0
cat >sign.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
import * as jose from 'jose'
const { publicKey, privateKey } = await jose.generateKeyPair('RS256')
const rsa = { ...(await jose.exportJWK(publicKey)), kid: 'rsa', alg: 'RS256', use: 'sig' }
const foreign = { kty: 'NEW', kid: 'new', use: 'sig', x: 'AAAA' }
const token = await new jose.SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'RS256', kid: 'rsa' }).sign(privateKey)
writeFileSync('token', token)
for (const [name, keys] of Object.entries({ last: [rsa, foreign], first: [foreign, rsa] })) {
  writeFileSync(`${name}.json`, JSON.stringify({ keys }))
  const verified = await jose.jwtVerify(token, jose.createLocalJWKSet({ keys })).then(() => 'verified', (e) => e.name)
  console.log(`jose (npm), foreign key ${name}: ${verified}`)
}
SCRIPT
cat >verify.py <<'SCRIPT'
import json
import jwt
from authlib.jose import JsonWebKey, jwt as authlib_jwt
from jose import jwt as python_jose
token = open('token').read()
def pyjwt(jwks):
    return jwt.decode(token, jwt.PyJWKSet.from_dict(jwks)['rsa'], algorithms=['RS256'])
def authlib(jwks):
    return authlib_jwt.decode(token, JsonWebKey.import_key_set(jwks))
def pythonjose(jwks):
    return python_jose.decode(token, jwks, algorithms=['RS256'])
for library in (pyjwt, authlib, pythonjose):
    for place in ('last', 'first'):
        try:
            library(json.load(open(f'{place}.json')))
            said = 'verified'
        except Exception as error:
            said = f'{type(error).__name__}: {error}'
        print(f'{library.__name__} (PyPI), foreign key {place}: {said}')
SCRIPT
mkdir go && cat >go/main.go <<'SCRIPT'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
)

func main() {
	for _, place := range []string{"last", "first"} {
		text, _ := os.ReadFile("../" + place + ".json")
		var set jose.JSONWebKeySet
		said := "read"
		if err := json.Unmarshal(text, &set); err != nil {
			said = err.Error()
		}
		fmt.Printf("go-jose (Go), foreign key %s: %s\n", place, said)
	}
}
SCRIPT
node sign.mjs >seen
venv/bin/python -W ignore verify.py >>seen
(cd go && printf 'module sets\n\ngo 1.24\n' >go.mod && GOFLAGS=-mod=mod go get github.com/go-jose/go-jose/v4@v4.1.9 2>/dev/null && GOFLAGS=-mod=mod go run .) >>seen
cat seen

diff seen - <<'SEEN'
jose (npm), foreign key last: verified
jose (npm), foreign key first: verified
pyjwt (PyPI), foreign key last: verified
pyjwt (PyPI), foreign key first: verified
authlib (PyPI), foreign key last: KeyError: 'NEW'
authlib (PyPI), foreign key first: KeyError: 'NEW'
pythonjose (PyPI), foreign key last: verified
pythonjose (PyPI), foreign key first: JWKError: Incorrect key type. Expected: 'RSA', Received: NEW
go-jose (Go), foreign key last: go-jose/go-jose: unsupported key type, format, curve, or RSA modulus size
go-jose (Go), foreign key first: go-jose/go-jose: unsupported key type, format, curve, or RSA modulus size
SEEN
