#!/usr/bin/env bash
# torchwood accepts no proof at all under a policy that names two logs.
#
# Versions: filippo.io/torchwood 0.10.0 (Go module proxy), which needs Go 1.27; an older `go` fetches that.
# Source:   C2SP's tlog-policy, "What is a policy": a checkpoint is valid if any one of the listed logs has
#           signed it. "Defining a log": a proof from each of the listed logs is accepted.
# Expected: a policy with the logs of 2025 and of 2026 accepts a proof from either.
# Seen:     A policy for one log accepts that log's proof. The policy with both accepts neither: torchwood
#           wants each listed log to be the origin and to have signed, which no checkpoint can fulfil. So a
#           log that begins anew needs a policy file of its own, and the proofs of the old one keep theirs.
#           In code, a threshold of one over the two policies accepts either.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOTOOLCHAIN=auto GOFLAGS=-mod=mod
printf 'module policies\n\ngo 1.27.0\n' >go.mod
cat >main.go <<'SCRIPT'
package main

import (
	"crypto/rand"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var record = tlog.RecordHash([]byte("a record"))

// newLog has one record, and answers its line in a policy and the record's proof.
func newLog(name string) (line string, proof []byte) {
	secret, key, _ := note.GenerateKey(rand.Reader, name)
	signer, _ := note.NewSigner(secret)
	checkpoint := torchwood.Checkpoint{Origin: name, Tree: tlog.Tree{N: 1, Hash: record}}
	signed, _ := note.Sign(&note.Note{Text: checkpoint.String()}, signer)
	return "log " + key + "\n", torchwood.FormatProof(0, nil, signed)
}

func parse(logs string) torchwood.Policy {
	policy, err := torchwood.ParsePolicy([]byte(logs + "quorum none\n"))
	if err != nil {
		panic(err)
	}
	return policy
}

func main() {
	older, olderProof := newLog("billing.example.com/2025")
	newer, newerProof := newLog("billing.example.com/2026")
	try := func(what string, policy torchwood.Policy, proof []byte) {
		said := "accepted"
		if err := torchwood.VerifyProof(policy, record, proof); err != nil {
			said = err.Error()
		}
		fmt.Printf("%s: %s\n", what, said)
	}
	try("policy with the log of 2025, its proof", parse(older), olderProof)
	try("policy with the log of 2026, its proof", parse(newer), newerProof)
	try("policy with both, proof of 2025", parse(older+newer), olderProof)
	try("policy with both, proof of 2026", parse(older+newer), newerProof)
	either := torchwood.ThresholdPolicy(1, parse(older), parse(newer))
	try("one of the two policies, proof of 2025", either, olderProof)
	try("one of the two policies, proof of 2026", either, newerProof)
}
SCRIPT
go get filippo.io/torchwood@v0.10.0 2>/dev/null
go run . 2>/dev/null | tee seen

diff seen - <<'SEEN'
policy with the log of 2025, its proof: accepted
policy with the log of 2026, its proof: accepted
policy with both, proof of 2025: note verification failed: only 1/2 policy components satisfied
policy with both, proof of 2026: note verification failed: only 1/2 policy components satisfied
one of the two policies, proof of 2025: accepted
one of the two policies, proof of 2026: accepted
SEEN
