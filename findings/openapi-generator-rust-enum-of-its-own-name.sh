#!/usr/bin/env bash
# openapi-generator's Rust client does not compile where an object has an enum of its own name.
#
# Versions: openapi-generator 7.25.0 (Maven Central), generator "rust".
# Source:   run here: an inline enum becomes a type beside the struct, named after the property alone.
# Expected: a document that is valid OpenAPI makes a client that compiles; names are made free of collisions.
# Seen:     `struct Received` and `enum Received` in one module (E0428), without a warning when generating.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mvn --quiet --batch-mode dependency:copy -DoutputDirectory=. \
  -Dartifact=org.openapitools:openapi-generator-cli:7.25.0:jar >/dev/null

cat >api.yaml <<'DOCUMENT'
openapi: 3.1.0
info: { title: Receipts, version: '1' }
paths:
  /receipt:
    get:
      operationId: getReceipt
      responses:
        '200':
          description: A receipt.
          content: { application/json: { schema: { $ref: '#/components/schemas/Received' } } }
components:
  schemas:
    Received: { type: object, required: [received], properties: { received: { type: string, enum: [whole, part] } } }
DOCUMENT
java -jar openapi-generator-cli-7.25.0.jar generate -g rust -i api.yaml -o client >generate.log 2>&1
{
  grep -oE 'pub (struct|enum) Received\b' client/src/models/received.rs
  (cd client && cargo check --no-default-features) >errors 2>&1 && echo 'compiles' ||
    grep -o 'error\[E0428\].*' errors | sort -u
} | tee seen

diff seen - <<'SEEN'
pub struct Received
pub enum Received
error[E0428]: the name `Received` is defined multiple times
SEEN
