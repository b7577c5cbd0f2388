#!/usr/bin/env bash
# Three of Stripe's SDKs don't repeat a call whose answer is cut off; the fourth does not repeat 409 and 503.
#
# Versions: stripe 23.1.0 (npm), stripe 16.1.0 (PyPI), stripe-go 85.0.0 (Go module proxy), stripe-java 33.3.0
#           (Maven Central), each with two retries.
# Source:   Stripe's documentation, "Advanced error handling": a connection that ends too early is a network
#           error, and the call is to be repeated with the same idempotency key. The READMEs for Python and
#           Go, "Automatic Retries": a connection error is retried, and a 409. stripe-go's pull requests 954
#           and 1829: `Stripe-Should-Retry: true` is, and every 5xx.
# Expected: an SDK with retries repeats the call in each of these cases, with the key of the first try.
# Seen:     If the connection ends in the middle of the answer, only Go repeats the call. The others report a
#           failed connection after one try, and don't tell the key that they had made. Stripe has made the
#           object by then, and the caller's next call makes a second one. Go repeats a failure with an error
#           in Stripe's JSON only if it is a lock_timeout, whatever status and headers say. So a call that
#           costs money needs a key and retries of the caller's own.
set -euo pipefail
work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent stripe@23.1.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check stripe==16.1.0
mvn --quiet --batch-mode dependency:copy -DoutputDirectory=jars -Dartifact=com.stripe:stripe-java:33.3.0 >/dev/null
mvn --quiet --batch-mode dependency:copy -DoutputDirectory=jars -Dartifact=com.google.code.gson:gson:2.10.1 >/dev/null

# The first try of each case fails, the second succeeds.
cat >server.cjs <<'SCRIPT'
const { appendFileSync, writeFileSync } = require('node:fs')
const tries = new Map()
const server = require('node:http').createServer(async (request, answer) => {
  let body = ''
  for await (const part of request) body += part
  const name = new URLSearchParams(body).get('name')
  const [, failure] = name.split(': ')
  const { 'idempotency-key': key } = request.headers
  appendFileSync('keys', `${name} ${key}\n`)
  tries.set(name, (tries.get(name) ?? 0) + 1)
  const send = (status, value, headers = {}) => {
    const text = JSON.stringify(value)
    answer.writeHead(status, { connection: 'close', 'content-type': 'application/json', ...headers })
    answer.end(text)
  }
  if (tries.get(name) > 1) return send(200, { id: 'cus_1', object: 'customer' })
  const error = { error: { type: 'api_error', message: 'try again' } }
  if (failure === 'no answer') return request.socket.destroy()
  if (failure === 'cut off') {
    answer.writeHead(200, { connection: 'close', 'content-type': 'application/json' })
    answer.write('{"id":"cus_1","obj')
    return answer.socket.end()
  }
  if (failure === '503') return send(503, error)
  if (failure === '409') return send(409, { error: { type: 'idempotency_error', message: 'in progress' } })
  send(500, error, { 'stripe-should-retry': 'true' })
})
server.listen(0, '127.0.0.1', () => writeFileSync('port', String(server.address().port)))
SCRIPT
cat >create.cjs <<'SCRIPT'
const Stripe = require('stripe')
const [port, ...failures] = process.argv.slice(2)
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', telemetry: false, maxNetworkRetries: 2 })
const create = async (failure) => {
  const said = await stripe.customers.create({ name: `node: ${failure}` }).then(({ id }) => id, (e) => e.constructor.name)
  console.log(`node: ${failure}: ${said}`)
}
failures.reduce((before, failure) => before.then(() => create(failure)), Promise.resolve())
SCRIPT
cat >create.py <<'SCRIPT'
import sys
import stripe

port, *failures = sys.argv[1:]
client = stripe.StripeClient('sk_test_x', base_addresses={'api': f'http://127.0.0.1:{port}'}, max_network_retries=2)
for failure in failures:
    try:
        said = client.v1.customers.create({'name': f'python: {failure}'}).id
    except stripe.StripeError as error:
        said = type(error).__name__
    print(f'python: {failure}: {said}')
SCRIPT
cat >Create.java <<'SCRIPT'
import com.stripe.StripeClient;
import com.stripe.exception.StripeException;
import com.stripe.param.CustomerCreateParams;

public class Create {
  public static void main(String[] args) {
    StripeClient client = StripeClient.builder().setApiKey("sk_test_x")
        .setApiBase("http://127.0.0.1:" + args[0]).setMaxNetworkRetries(2).build();
    for (int i = 1; i < args.length; i++) {
      String said;
      try {
        said = client.v1().customers().create(CustomerCreateParams.builder().setName("java: " + args[i]).build()).getId();
      } catch (StripeException error) {
        said = error.getClass().getSimpleName();
      }
      System.out.println("java: " + args[i] + ": " + said);
    }
  }
}
SCRIPT
mkdir go && cat >go/main.go <<'SCRIPT'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/stripe/stripe-go/v85"
)

func main() {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String("http://127.0.0.1:" + os.Args[1]),
		MaxNetworkRetries: stripe.Int64(2),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	client := stripe.NewClient("sk_test_x", stripe.WithBackends(&stripe.Backends{API: backend}))
	for _, failure := range os.Args[2:] {
		name := "go: " + failure
		said := ""
		customer, err := client.V1Customers.Create(context.Background(), &stripe.CustomerCreateParams{Name: &name})
		if err != nil {
			said = fmt.Sprintf("%T", err)
		} else {
			said = customer.ID
		}
		fmt.Println(name + ": " + said)
	}
}
SCRIPT
(cd go && printf 'module retries\n\ngo 1.24\n' >go.mod && GOFLAGS=-mod=mod go get github.com/stripe/stripe-go/v85@v85.0.0 2>/dev/null && GOFLAGS=-mod=mod go build -o ../create-go .)

node server.cjs &
server=$!
until [ -s port ]; do sleep 0.1; done
port=$(cat port)
cases=('no answer' 'cut off' 503 409 '500, should retry')
{
  node create.cjs "$port" "${cases[@]}"
  venv/bin/python create.py "$port" "${cases[@]}"
  java -cp 'jars/*' Create.java "$port" "${cases[@]}"
  ./create-go "$port" "${cases[@]}"
} >said
while IFS= read -r line; do
  name=${line%: *}
  tries=$(grep -c "^$name " keys)
  keys=$(grep "^$name " keys | sort -u | wc -l)
  echo "$name: tries $tries, keys $keys, ${line##*: }"
done <said | tee seen

diff seen - <<'SEEN'
node: no answer: tries 2, keys 1, cus_1
node: cut off: tries 1, keys 1, StripeConnectionError
node: 503: tries 2, keys 1, cus_1
node: 409: tries 2, keys 1, cus_1
node: 500, should retry: tries 2, keys 1, cus_1
python: no answer: tries 2, keys 1, cus_1
python: cut off: tries 1, keys 1, APIConnectionError
python: 503: tries 2, keys 1, cus_1
python: 409: tries 2, keys 1, cus_1
python: 500, should retry: tries 2, keys 1, cus_1
java: no answer: tries 2, keys 1, cus_1
java: cut off: tries 1, keys 1, ApiConnectionException
java: 503: tries 2, keys 1, cus_1
java: 409: tries 2, keys 1, cus_1
java: 500, should retry: tries 2, keys 1, cus_1
go: no answer: tries 2, keys 1, cus_1
go: cut off: tries 2, keys 1, cus_1
go: 503: tries 1, keys 1, *stripe.Error
go: 409: tries 1, keys 1, *stripe.Error
go: 500, should retry: tries 1, keys 1, *stripe.Error
SEEN
