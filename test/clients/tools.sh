# What every `run` needs; .ci/clients sets SPEC, GENERATOR, STRONGROOM_URL and INTERNAL_SERVICE_TOKEN.
set -euo pipefail

LEFT_OUT=77
left_out() {
  echo "$1"
  exit $LEFT_OUT
}
needs() {
  local tool
  for tool; do command -v "$tool" >/dev/null || left_out "$tool is not on this machine"; done
}
# Where packages come from may be out of reach: that is no fault of the document.
fetches() {
  "$@" >fetch.log 2>&1 || { tail -n 20 fetch.log; left_out 'its packages could not be fetched'; }
}
# openapi_generator <generator> [option …]: makes ./client
openapi_generator() {
  local generator=$1
  shift
  needs java
  [ -f "$GENERATOR" ] || left_out 'openapi-generator could not be fetched'
  java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$GENERATOR" generate -g "$generator" -i "$SPEC" -o client \
    --global-property apiDocs=false,modelDocs=false,apiTests=false,modelTests=false "$@" >generate.log 2>&1 ||
    { tail -n 50 generate.log; exit 1; }
}
