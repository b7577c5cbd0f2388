#!/usr/bin/env bash
# A JWT with a header member of its issuer's own is refused by joserfc, and by none of seven other libraries.
#
# Versions: joserfc 1.8.0, PyJWT 2.15.1, Authlib 1.9.10, python-jose 3.5.0 (PyPI); jose 6.2.18,
#           jsonwebtoken 9.0.3 (npm); golang-jwt 5.3.1, go-jose 4.1.9 (Go module proxy).
# Source:   RFC 7515, section 4: header parameters that are not understood MUST be ignored, unless `crit`
#           lists them. RFC 7519, section 5: the same for a JWT.
# Expected: an issuer can add a member, such as a version, and every verifier goes on as before.
# Seen:     joserfc knows the registered members alone. It refuses the token, though the signature is good and
#           the claims are valid. Authlib, which ignores such a member, tells its users to move to joserfc. So
#           an issuer puts what is its own into the claims; a verifier gives joserfc a registry that is not
#           strict.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent jose@6.2.18 jsonwebtoken@9.0.3
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check joserfc==1.8.0 'pyjwt[crypto]==2.15.1' authlib==1.9.10 \
  'python-jose[cryptography]==3.5.0'
cat >sign.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
import * as jose from 'jose'
import jsonwebtoken from 'jsonwebtoken'
const secret = new TextEncoder().encode('s'.repeat(32))
const header = { alg: 'HS256', typ: 'license+jwt', ver: 2 }
const token = await new jose.SignJWT({ sub: 'ada', exp: 4102444800 }).setProtectedHeader(header).sign(secret)
writeFileSync('token', token)
const said = (name, verify) =>
  verify().then(
    () => console.log(`${name}: accepted`),
    (error) => console.log(`${name}: ${error.message}`),
  )
await said('jose (npm)', () => jose.jwtVerify(token, secret))
await said('jsonwebtoken (npm)', async () => jsonwebtoken.verify(token, Buffer.from(secret)))
SCRIPT
cat >verify.py <<'SCRIPT'
import jwt
from authlib.jose import jwt as authlib_jwt
from jose import jwt as python_jose
from joserfc import jwk, jws, jwt as joserfc_jwt
token, secret = open('token').read(), 's' * 32
def pyjwt():
    jwt.decode(token, secret, algorithms=['HS256'])
def authlib():
    authlib_jwt.decode(token, secret).validate()
def pythonjose():
    python_jose.decode(token, secret, algorithms=['HS256'])
def joserfc(registry=None):
    decoded = joserfc_jwt.decode(token, jwk.OctKey.import_key(secret), algorithms=['HS256'], registry=registry)
    joserfc_jwt.JWTClaimsRegistry().validate(decoded.claims)
def joserfc_not_strict():
    joserfc(jws.JWSRegistry(algorithms=['HS256'], strict_check_header=False))
for library in (pyjwt, authlib, pythonjose, joserfc, joserfc_not_strict):
    try:
        library()
        said = 'accepted'
    except Exception as error:
        said = f'{type(error).__name__}: {error}'
    print(f'{library.__name__} (PyPI): {said}')
SCRIPT
mkdir go && cat >go/main.go <<'SCRIPT'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
)

func said(name string, err error) {
	if err != nil {
		fmt.Println(name, err)
	} else {
		fmt.Println(name, "accepted")
	}
}

func main() {
	text, _ := os.ReadFile("../token")
	secret := []byte(strings.Repeat("s", 32))
	_, err := jwt.Parse(string(text), func(*jwt.Token) (any, error) { return secret, nil })
	said("golang-jwt (Go):", err)
	token, err := josejwt.ParseSigned(string(text), []jose.SignatureAlgorithm{jose.HS256})
	if err == nil {
		err = token.Claims(secret, &josejwt.Claims{})
	}
	said("go-jose (Go):", err)
}
SCRIPT
node sign.mjs >seen
venv/bin/python -W ignore verify.py >>seen
(cd go && printf 'module verify\n\ngo 1.24\n' >go.mod && export GOFLAGS=-mod=mod &&
  go get github.com/golang-jwt/jwt/v5@v5.3.1 github.com/go-jose/go-jose/v4@v4.1.9 2>/dev/null && go run . 2>/dev/null) >>seen
cat seen

diff seen - <<'SEEN'
jose (npm): accepted
jsonwebtoken (npm): accepted
pyjwt (PyPI): accepted
authlib (PyPI): accepted
pythonjose (PyPI): accepted
joserfc (PyPI): UnsupportedHeaderError: unsupported_header: Unsupported {'ver'} in header
joserfc_not_strict (PyPI): accepted
golang-jwt (Go): accepted
go-jose (Go): accepted
SEEN
