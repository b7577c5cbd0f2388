#!/usr/bin/env bash
# oapi-codegen leaves out the schemas that only webhooks refer to, and writes code that refers to them.
#
# Versions: oapi-codegen 2.8.2, its runtime 1.9.0 (Go module proxy).
# Source:   its pruning of unused components (`skip-prune`), run here on an OpenAPI 3.1 document with one webhook.
# Expected: whatever is generated compiles: either webhooks count as uses, or nothing is made of them.
# Seen:     the webhook's body gets a type that stands for the schema, and the schema's own type was left out.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod
printf 'module things\n\ngo 1.25\n' >go.mod
go get -tool github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>/dev/null

cat >api.yaml <<'DOCUMENT'
openapi: 3.1.0
info: { title: Things, version: '1' }
paths:
  /things:
    get:
      operationId: listThings
      responses: { '204': { description: None. } }
webhooks:
  thing.made:
    post:
      operationId: onThingMade
      requestBody:
        content: { application/json: { schema: { $ref: '#/components/schemas/ThingMade' } } }
      responses: { '200': { description: Received. } }
components:
  schemas:
    ThingMade: { type: object, properties: { thing: { $ref: '#/components/schemas/Thing' } } }
    Thing: { type: object, properties: { id: { type: string } } }
DOCUMENT
mkdir pruned whole
go tool oapi-codegen -generate types,client -package pruned -o pruned/client.go api.yaml
go tool oapi-codegen -generate types,client,skip-prune -package whole -o whole/client.go api.yaml
go get ./... 2>/dev/null
{
  go vet ./whole && echo 'whole: compiles'
  go vet ./pruned >errors 2>&1 && echo 'pruned: compiles' || grep -o 'undefined: [A-Za-z]*' errors | sort -u
} | tee seen

diff seen - <<'SEEN'
whole: compiles
undefined: ThingMade
SEEN
