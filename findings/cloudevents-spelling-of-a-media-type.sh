#!/usr/bin/env bash
# The spelling of `charset` decides whether the CloudEvents SDK for JavaScript reads an event.
#
# Versions: cloudevents 10.0.0 (npm), cloudevents 2.2.0 (PyPI).
# Source:   CloudEvents 1.0.2, HTTP binding, 3.2.1, whose example is `application/cloudevents+json;
#           charset=UTF-8`, and 2.1: datacontenttype is a media type. RFC 9110, 8.3.1: type, parameter name
#           and charset are case-insensitive, and the space is optional.
# Expected: all spellings of one media type give the same event.
# Seen:     JavaScript compares the whole header with its own spelling, `; charset=utf-8`. It refuses a
#           structured event under any other, also under the specification's example. In binary mode it says
#           nothing, and hands the data over as a string: `data.amount` is undefined. Python reads all but
#           `Application/JSON`. So a receiver in JavaScript rewrites the header before the SDK sees it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent cloudevents@10.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0
cat >requests.json <<'JSON'
[
  ["structured", "application/cloudevents+json"],
  ["structured", "application/cloudevents+json; charset=utf-8"],
  ["structured", "application/cloudevents+json; charset=UTF-8"],
  ["structured", "application/cloudevents+json;charset=utf-8"],
  ["binary", "application/json"],
  ["binary", "application/json; charset=utf-8"],
  ["binary", "application/json; charset=UTF-8"],
  ["binary", "application/json;charset=utf-8"],
  ["binary", "application/vnd.example.charge+json"],
  ["binary", "Application/JSON"]
]
JSON
cat >read.mjs <<'SCRIPT'
import { readFileSync } from 'node:fs'
import { HTTP } from 'cloudevents'
const context = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/billing', 'ce-type': 'charge' }
const event = { specversion: '1.0', id: '1', source: '/billing', type: 'charge', data: { amount: 5 } }
for (const [mode, type] of JSON.parse(readFileSync('requests.json', 'utf8'))) {
  const message =
    mode === 'binary'
      ? { headers: { ...context, 'content-type': type }, body: '{"amount":5}' }
      : { headers: { 'content-type': type }, body: JSON.stringify(event) }
  let said
  try {
    said = JSON.stringify(HTTP.toEvent(message).data)
  } catch (error) {
    said = error.message
  }
  console.log(`npm, ${mode}, ${type}: ${said}`)
}
SCRIPT
cat >read.py <<'SCRIPT'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
context = {'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/billing', 'ce-type': 'charge'}
event = {'specversion': '1.0', 'id': '1', 'source': '/billing', 'type': 'charge', 'data': {'amount': 5}}
for mode, media_type in json.load(open('requests.json')):
    if mode == 'binary':
        message = HTTPMessage({**context, 'content-type': media_type}, b'{"amount":5}')
    else:
        message = HTTPMessage({'content-type': media_type}, json.dumps(event).encode())
    try:
        said = json.dumps(from_http_event(message).get_data(), separators=(',', ':'))
    except Exception as error:
        said = f'{type(error).__name__}: {error}'
    print(f'PyPI, {mode}, {media_type}: {said}')
SCRIPT
node read.mjs >seen
venv/bin/python read.py >>seen
cat seen

diff seen - <<'SEEN'
npm, structured, application/cloudevents+json: {"amount":5}
npm, structured, application/cloudevents+json; charset=utf-8: {"amount":5}
npm, structured, application/cloudevents+json; charset=UTF-8: invalid content type application/cloudevents+json; charset=UTF-8
npm, structured, application/cloudevents+json;charset=utf-8: invalid content type application/cloudevents+json;charset=utf-8
npm, binary, application/json: {"amount":5}
npm, binary, application/json; charset=utf-8: {"amount":5}
npm, binary, application/json; charset=UTF-8: "{\"amount\":5}"
npm, binary, application/json;charset=utf-8: "{\"amount\":5}"
npm, binary, application/vnd.example.charge+json: "{\"amount\":5}"
npm, binary, Application/JSON: "{\"amount\":5}"
PyPI, structured, application/cloudevents+json: {"amount":5}
PyPI, structured, application/cloudevents+json; charset=utf-8: {"amount":5}
PyPI, structured, application/cloudevents+json; charset=UTF-8: {"amount":5}
PyPI, structured, application/cloudevents+json;charset=utf-8: {"amount":5}
PyPI, binary, application/json: {"amount":5}
PyPI, binary, application/json; charset=utf-8: {"amount":5}
PyPI, binary, application/json; charset=UTF-8: {"amount":5}
PyPI, binary, application/json;charset=utf-8: {"amount":5}
PyPI, binary, application/vnd.example.charge+json: {"amount":5}
PyPI, binary, Application/JSON: "{\"amount\":5}"
SEEN
