#!/usr/bin/env bash
# A tlog-proof that carries a record of 48 KiB is whole for one Go library and malformed for another.
#
# Versions: filippo.io/torchwood 0.10.0, github.com/transparency-dev/formats 0.1.1 (Go module proxy).
#           torchwood needs Go 1.27; an older `go` fetches that.
# Source:   C2SP's tlog-proof, "Format": the line `extra` has opaque data of the application, without a limit.
#           C2SP's tlog-tiles lets a record have 65,535 bytes.
# Expected: a proof whose `extra` is the record is read by both, up to the longest record.
# Seen:     torchwood reads all. formats reads lines of up to 64 KiB, which is 49,146 bytes of `extra`. From
#           49,147 on it answers "missing required index", though the index stands in the next line. So an
#           `extra` stays below 48 KiB, or has the record's place instead of the record.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOTOOLCHAIN=auto GOFLAGS=-mod=mod
printf 'module proofs\n\ngo 1.27.0\n' >go.mod
cat >main.go <<'SCRIPT'
package main

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return "read"
}

func main() {
	name := "billing.example.com"
	secret, key, _ := note.GenerateKey(rand.Reader, name)
	signer, _ := note.NewSigner(secret)
	policy, err := torchwood.ParsePolicy([]byte("log " + key + "\nquorum none\n"))
	if err != nil {
		panic(err)
	}
	for _, size := range []int{700, 49146, 49147, 65535} {
		record := bytes.Repeat([]byte("r"), size)
		hash := tlog.RecordHash(record)
		checkpoint := torchwood.Checkpoint{Origin: name, Tree: tlog.Tree{N: 1, Hash: hash}}
		signed, _ := note.Sign(&note.Note{Text: checkpoint.String()}, signer)
		text := torchwood.FormatProofWithExtraData(0, record, nil, signed)
		fmt.Printf("%d bytes, torchwood: %s\n", size, said(torchwood.VerifyProof(policy, hash, text)))
		fmt.Printf("%d bytes, formats: %s\n", size, said(new(proof.TLogProof).Unmarshal(text)))
	}
}
SCRIPT
go get filippo.io/torchwood@v0.10.0 github.com/transparency-dev/formats@v0.1.1 2>/dev/null
go run . 2>/dev/null | tee seen

diff seen - <<'SEEN'
700 bytes, torchwood: read
700 bytes, formats: read
49146 bytes, torchwood: read
49146 bytes, formats: read
49147 bytes, torchwood: read
49147 bytes, formats: tlog proof missing required index
65535 bytes, torchwood: read
65535 bytes, formats: tlog proof missing required index
SEEN
