#!/usr/bin/env bash
# Data that is no object changes, or is lost, in the CloudEvents SDKs for Python and JavaScript.
#
# Versions: cloudevents 2.2.0 (PyPI), cloudevents 10.0.0 (npm), cloudevents/sdk-go 2.16.2 (Go module proxy).
# Source:   CloudEvents 1.0.2, JSON format, 3.1: with a JSON datacontenttype, `data` may be any JSON value.
#           HTTP binding, 2.2 and 3.1.2: in binary mode the body is the data, as JSON text.
# Expected: an event that is read in structured mode and sent on in binary mode has its data as a JSON text.
# Seen:     Go sends what it has read. Python sends the text of a Python value: a list of items has single
#           quotes, `true` is `True`, and no receiver can parse either. JavaScript loses 0 and false. Both
#           send a string without its quotes, so that one which holds JSON arrives as an object. None of them
#           reports it. So let `data` always be an object.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent cloudevents@10.0.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check cloudevents==2.2.0
cat >events.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
const head = { specversion: '1.0', id: '1', source: '/billing', type: 'usage', datacontenttype: 'application/json' }
const data = [{ a: 1 }, [{ a: 1 }], [true, null], true, false, 5, 0, 'abc', '{"a":1}']
writeFileSync('events.json', JSON.stringify(data.map((one) => JSON.stringify({ ...head, data: one }))))
SCRIPT
cat >send.mjs <<'SCRIPT'
import { readFileSync } from 'node:fs'
import { HTTP } from 'cloudevents'
for (const body of JSON.parse(readFileSync('events.json', 'utf8'))) {
  let said
  try {
    said = HTTP.binary(HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body })).body
  } catch (error) {
    said = `(refused: ${error.message})`
  }
  console.log(`npm, ${JSON.stringify(JSON.parse(body).data)} is sent as ${said}`)
}
SCRIPT
cat >send.py <<'SCRIPT'
import json
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event
for text in json.load(open('events.json')):
    event = from_http_event(HTTPMessage({'content-type': 'application/cloudevents+json'}, text.encode()))
    data = json.dumps(json.loads(text)['data'], separators=(',', ':'))
    print(f'PyPI, {data} is sent as {to_binary_event(event).body.decode()}')
SCRIPT
mkdir go && cat >go/main.go <<'SCRIPT'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

func main() {
	file, _ := os.ReadFile("../events.json")
	var events []string
	_ = json.Unmarshal(file, &events)
	for _, text := range events {
		var one event.Event
		var raw struct{ Data json.RawMessage }
		_ = json.Unmarshal([]byte(text), &raw)
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			panic(err)
		}
		request, _ := http.NewRequest("POST", "http://receiver.example", nil)
		_ = cehttp.WriteRequest(context.Background(), (*binding.EventMessage)(&one), request)
		body, _ := io.ReadAll(request.Body)
		fmt.Printf("Go, %s is sent as %s\n", raw.Data, body)
	}
}
SCRIPT
node events.mjs
venv/bin/python send.py >seen
node send.mjs >>seen
(cd go && printf 'module events\n\ngo 1.24\n' >go.mod && export GOFLAGS=-mod=mod && go get github.com/cloudevents/sdk-go/v2@v2.16.2 2>/dev/null && go run . 2>/dev/null) >>seen
cat seen

diff seen - <<'SEEN'
PyPI, {"a":1} is sent as {"a": 1}
PyPI, [{"a":1}] is sent as [{'a': 1}]
PyPI, [true,null] is sent as [True, None]
PyPI, true is sent as True
PyPI, false is sent as False
PyPI, 5 is sent as 5
PyPI, 0 is sent as 0
PyPI, "abc" is sent as abc
PyPI, "{\"a\":1}" is sent as {"a":1}
npm, {"a":1} is sent as {"a":1}
npm, [{"a":1}] is sent as [{"a":1}]
npm, [true,null] is sent as [true,null]
npm, true is sent as true
npm, false is sent as undefined
npm, 5 is sent as 5
npm, 0 is sent as undefined
npm, "abc" is sent as abc
npm, "{\"a\":1}" is sent as {"a":1}
Go, {"a":1} is sent as {"a":1}
Go, [{"a":1}] is sent as [{"a":1}]
Go, [true,null] is sent as [true,null]
Go, true is sent as true
Go, false is sent as false
Go, 5 is sent as 5
Go, 0 is sent as 0
Go, "abc" is sent as "abc"
Go, "{\"a\":1}" is sent as "{\"a\":1}"
SEEN
