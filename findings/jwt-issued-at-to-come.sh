#!/usr/bin/env bash
# A JWT whose `nbf` is long past is "not yet valid" in some libraries, because its `iat` is a second ahead.
#
# Versions: jose 6.2.18, jsonwebtoken 9.0.3 (npm); PyJWT 2.15.1, joserfc 1.8.0, Authlib 1.9.10, python-jose 3.5.0 (PyPI);
#           golang-jwt 5.3.1 (Go module proxy).
# Source:   RFC 7519, section 4.1.6: `iat` can be used to determine the age of a token. It is `nbf` (4.1.5) before which a token must
#           not be accepted.
# Expected: an issuer who sets `nbf` five minutes back has tokens that are accepted at once where a clock is some seconds behind.
# Seen:     PyJWT, joserfc and Authlib refuse them by default; the others don't look. So `nbf` alone does not help: a verifier needs a leeway.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent jose@6.2.18 jsonwebtoken@9.0.3
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'pyjwt[crypto]==2.15.1' joserfc==1.8.0 authlib==1.9.10 'python-jose[cryptography]==3.5.0'
cat >sign.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
const secret = new TextEncoder().encode('s'.repeat(32))
// The verifiers' clock is 30 seconds behind that of the issuer.
const iat = Math.floor(Date.now() / 1000) + 30
const token = await new jose.SignJWT({ iat, nbf: iat - 300, exp: iat + 3600 }).setProtectedHeader({ alg: 'HS256' }).sign(secret)
writeFileSync('token', token)
const said = (name, verify) => verify().then(() => console.log(`${name}: accepted`), (e) => console.log(`${name}: ${e.message}`))
await said('jose (npm)', () => jose.jwtVerify(token, secret))
await said('jsonwebtoken (npm)', async () => jsonwebtoken.verify(token, Buffer.from(secret)))
SCRIPT
cat >verify.py <<'SCRIPT'
import jwt
from authlib.jose import jwt as authlib_jwt
from jose import jwt as python_jose
from joserfc import jwk, jwt as joserfc_jwt
token, secret = open('token').read(), 's' * 32
def pyjwt():
    jwt.decode(token, secret, algorithms=['HS256'])
def joserfc():
    joserfc_jwt.JWTClaimsRegistry().validate(joserfc_jwt.decode(token, jwk.OctKey.import_key(secret)).claims)
def authlib():
    authlib_jwt.decode(token, secret).validate()
def pythonjose():
    python_jose.decode(token, secret, algorithms=['HS256'])
for library in (pyjwt, joserfc, authlib, pythonjose):
    try:
        library()
        said = 'accepted'
    except Exception as error:
        said = f'{type(error).__name__}'
    print(f'{library.__name__} (PyPI): {said}')
SCRIPT
mkdir go && cat >go/main.go <<'SCRIPT'
package main

import (
	"fmt"
	"os"

	"github.com/golang-jwt/jwt/v5"
)

func main() {
	text, _ := os.ReadFile("../token")
	said := "accepted"
	if _, err := jwt.Parse(string(text), func(*jwt.Token) (any, error) { return []byte("ssssssssssssssssssssssssssssssss"), nil }); err != nil {
		said = err.Error()
	}
	fmt.Println("golang-jwt (Go):", said)
}
SCRIPT
node sign.mjs >seen
venv/bin/python -W ignore verify.py >>seen
(cd go && printf 'module verify\n\ngo 1.24\n' >go.mod && GOFLAGS=-mod=mod go get github.com/golang-jwt/jwt/v5@v5.3.1 2>/dev/null && GOFLAGS=-mod=mod go run .) >>seen
cat seen

diff seen - <<'SEEN'
jose (npm): accepted
jsonwebtoken (npm): accepted
pyjwt (PyPI): ImmatureSignatureError
joserfc (PyPI): InvalidClaimError
authlib (PyPI): InvalidTokenError
pythonjose (PyPI): accepted
golang-jwt (Go): accepted
SEEN
