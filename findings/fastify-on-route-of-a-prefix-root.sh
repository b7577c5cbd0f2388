#!/usr/bin/env bash
# Fastify's onRoute hook is not called for one of the two paths that `/` gets below a prefix.
#
# Versions: fastify 5.12.8.
# Source:   Fastify's manual: onRoute "is triggered when a new route is registered", and with the default
#           `prefixTrailingSlash: 'both'` the route `/` below `/a` answers at `/a` and at `/a/`.
# Expected: the hook is called for GET /a and for GET /a/, as it is for both of the HEAD routes that Fastify adds.
# Seen:     GET /a/ answers 200, and the hook was never called for it. A list of routes that is made by onRoute, for
#           a document, a test or a metric, lacks a path that can be called.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent fastify@5.12.8

cat >routes.mjs <<'SCRIPT'
import fastify from 'fastify'
const app = fastify()
app.addHook('onRoute', ({ method, url }) => console.log(`hook   ${method} ${url}`))
await app.register(async (scope) => scope.get('/', async () => 'here'), { prefix: '/a' })
for (const method of ['GET', 'HEAD']) {
  for (const url of ['/a', '/a/']) {
    const { statusCode } = await app.inject({ method, url })
    console.log(`answer ${method} ${url} ${statusCode}`)
  }
}
SCRIPT
node routes.mjs | tee seen

diff seen - <<'SEEN'
hook   GET /a
hook   HEAD /a
hook   HEAD /a/
answer GET /a 200
answer GET /a/ 200
answer HEAD /a 200
answer HEAD /a/ 200
SEEN
