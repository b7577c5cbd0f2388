#!/usr/bin/env bash
# ogen's Go client reads fractions of a second and writes none: a time that it was given does not come back.
#
# Versions: ogen 1.25.0 (Go module proxy).
# Source:   run here; ogen's encoders for `format: date-time` write time.RFC3339, its decoders parse fractions too.
# Expected: what a client reads from an answer and sends in the next call is the same moment.
# Seen:     10:00:00.123 is read exactly and sent as 10:00:00, in a query and in a body, without an error. A
#           balance that is asked for at a movement's own time is the balance before that movement.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod
printf 'module balances\n\ngo 1.25\n' >go.mod
go get -tool github.com/ogen-go/ogen/cmd/ogen@v1.25.0 2>/dev/null

cat >api.yaml <<'DOCUMENT'
openapi: 3.1.0
info: { title: Balances, version: '1' }
paths:
  /movement:
    get:
      operationId: getMovement
      responses:
        '200':
          description: The movement.
          content: { application/json: { schema: { $ref: '#/components/schemas/Moment' } } }
  /balance:
    get:
      operationId: getBalance
      parameters:
        - { name: at, in: query, required: true, schema: { type: string, format: date-time } }
      responses: { '204': { description: The balance. } }
    post:
      operationId: askBalance
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: '#/components/schemas/Moment' } } }
      responses: { '204': { description: The balance. } }
components:
  schemas:
    Moment: { type: object, required: [at], properties: { at: { type: string, format: date-time } } }
DOCUMENT
go tool ogen --target client --package client --clean api.yaml >ogen.log 2>&1

cat >main.go <<'PROGRAM'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"balances/client"
)

func main() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/movement" {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"at":"2026-11-29T10:00:00.123Z"}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("sent  %s%s\n", r.URL.Query().Get("at"), body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	c, err := client.NewClient(server.URL)
	if err != nil {
		panic(err)
	}
	moment, err := c.GetMovement(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println("read ", moment.At.Format(time.RFC3339Nano))
	if err := c.GetBalance(context.Background(), client.GetBalanceParams{At: moment.At}); err != nil {
		panic(err)
	}
	if err := c.AskBalance(context.Background(), moment); err != nil {
		panic(err)
	}
}
PROGRAM
go get ./... 2>/dev/null
go run . | tee seen

diff seen - <<'SEEN'
read  2026-11-29T10:00:00.123Z
sent  2026-11-29T10:00:00Z
sent  {"at":"2026-11-29T10:00:00Z"}
SEEN
