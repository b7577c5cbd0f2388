#!/usr/bin/env bash
# oasdiff passes each change of a webhook's payload that breaks its receivers, and fails the harmless ones.
#
# Versions: oasdiff 1.38.0 (Go module proxy).
# Source:   OpenAPI 3.1.0, section 4.8.1: a webhook is a request that the provider starts and the consumer
#           gets. So a payload is to the consumer what an answer is. oasdiff's issue 1160 says that its
#           checks must swap the roles here; 1.38.0 checks webhooks without doing so.
# Expected: the same verdict for a schema in an answer and in a webhook's payload.
# Seen:     the opposite one, for each of eight changes. A payload whose amount may become null, a text, or
#           be left out passes `--fail-on ERR`, and so does a new member of an enum. A further required
#           property, which receivers can ignore, is an error. A check of events with it is green when it
#           should be red.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod
printf 'module changes\n\ngo 1.25\n' >go.mod
go get -tool github.com/oasdiff/oasdiff@v1.38.0 2>/dev/null
go build -o oasdiff github.com/oasdiff/oasdiff

# document <answer|webhook> <schema>: an API that answers with the schema, or sends it
document() {
  local content="content: { application/json: { schema: $2 } }" none="'204': { description: Nothing. }"
  printf "openapi: 3.1.0\ninfo: { title: Charges, version: '1' }\n"
  if [ "$1" = answer ]; then
    printf "paths: { /charge: { get: { responses: { '200': { description: A charge., $content } } } } }\n"
  else
    printf "paths: {}\nwebhooks: { charge: { post: { requestBody: { $content }, responses: { $none } } } }\n"
  fi
}

# verdict <answer|webhook> <schema before> <schema after>
verdict() {
  document "$1" "$2" >before.yaml
  document "$1" "$3" >after.yaml
  local status=0
  ./oasdiff breaking --fail-on ERR before.yaml after.yaml >report || status=$?
  case $status in 0) echo passes ;; 1) echo fails ;; *) echo "status $status" ;; esac
}

change() {
  printf '%-30s answer %-7s webhook %s\n' "$1" "$(verdict answer "$2" "$3")" "$(verdict webhook "$2" "$3")"
}

amount() { echo "{ type: object, required: [amount], properties: { amount: $1 } }"; }
whole='{ type: integer }'
properties='{ amount: { type: integer }, asset: { type: string } }'
two="{ type: object, required: [amount, asset], properties: $properties }"
{
  echo 'breaks who reads it'
  change '  it may be null' "$(amount "$whole")" "$(amount "{ type: [integer, 'null'] }")"
  change '  it may be a text' "$(amount "$whole")" "$(amount '{ type: [integer, string] }')"
  change '  it may be left out' "$(amount "$whole")" "{ type: object, properties: { amount: $whole } }"
  change '  another property is gone' "$two" "$(amount "$whole")"
  change '  one more member of an enum' "$(amount '{ enum: [1, 2] }')" "$(amount '{ enum: [1, 2, 3] }')"
  echo 'does not'
  change '  it is never null any more' "$(amount "{ type: [integer, 'null'] }")" "$(amount "$whole")"
  change '  one more required property' "$(amount "$whole")" "$two"
  change '  one member of an enum less' "$(amount '{ enum: [1, 2, 3] }')" "$(amount '{ enum: [1, 2] }')"
} | tee seen

diff seen - <<'SEEN'
breaks who reads it
  it may be null               answer fails   webhook passes
  it may be a text             answer fails   webhook passes
  it may be left out           answer fails   webhook passes
  another property is gone     answer fails   webhook passes
  one more member of an enum   answer fails   webhook passes
does not
  it is never null any more    answer passes  webhook fails
  one more required property   answer passes  webhook fails
  one member of an enum less   answer passes  webhook fails
SEEN
