#!/usr/bin/env bash
# openapi-generator's Python client writes one time in two ways: RFC 3339 in a body, but not in a query.
#
# Versions: openapi-generator 7.25.0 (Maven Central), generator "python".
# Source:   the generated api_client.py and configuration.py: bodies use isoformat(), query parameters use
#           strftime() with `%Y-%m-%dT%H:%M:%S.%f%z`, whose %z has no colon.
# Expected: `format: date-time` is RFC 3339 wherever it stands, with an offset of `+00:00` or `Z`.
# Seen:     a query has `+0000`, which RFC 3339 does not allow. A server that checks what the document
#           says answers 400 to each dated query of this client, and 200 to the same time in a body.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mvn --quiet --batch-mode dependency:copy -DoutputDirectory=. \
  -Dartifact=org.openapitools:openapi-generator-cli:7.25.0:jar >/dev/null

cat >api.yaml <<'DOCUMENT'
openapi: 3.1.0
info: { title: Balances, version: '1' }
paths:
  /balance:
    get:
      operationId: getBalance
      parameters:
        - { name: at, in: query, schema: { type: string, format: date-time } }
      responses: { '200': { description: The balance. } }
    post:
      operationId: askBalance
      requestBody:
        content:
          application/json:
            schema: { title: Question, type: object, properties: { at: { type: string, format: date-time } } }
      responses: { '200': { description: The balance. } }
DOCUMENT
java -jar openapi-generator-cli-7.25.0.jar generate -g python -i api.yaml -o client >generate.log 2>&1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ./client

cat >ask.py <<'SCRIPT'
import datetime, http.server, threading, urllib.parse
import openapi_client

class Server(http.server.BaseHTTPRequestHandler):
    def answer(self, what):
        print(what)
        self.send_response(200)
        self.send_header('content-length', '0')
        self.end_headers()

    def do_GET(self):
        self.answer('query ' + urllib.parse.unquote(self.path.partition('?')[2]))

    def do_POST(self):
        self.answer('body ' + self.rfile.read(int(self.headers['content-length'])).decode())

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(('127.0.0.1', 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f'http://127.0.0.1:{server.server_port}'
api = openapi_client.DefaultApi(openapi_client.ApiClient(openapi_client.Configuration(host=host)))
at = datetime.datetime(2026, 11, 29, 10, 0, 0, 123000, tzinfo=datetime.timezone.utc)
api.get_balance(at=at)
api.ask_balance(openapi_client.Question(at=at))
SCRIPT
venv/bin/python ask.py | tee seen

diff seen - <<'SEEN'
query at=2026-11-29T10:00:00.123000+0000
body {"at": "2026-11-29T10:00:00.123000+00:00"}
SEEN
