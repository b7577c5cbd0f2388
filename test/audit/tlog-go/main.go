// Checks a published log with code that is not ours: Go's golang.org/x/mod/sumdb/note opens the
// checkpoint, filippo.io/torchwood reads and verifies the whole log by its tiles, verifies a
// tlog-proof, and applies the policy with its witnesses.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	prefix, token, policyPath, proofPath := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	vkey := strings.TrimSpace(string(get(prefix + "/key")))
	signed := get(prefix + "/checkpoint")

	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	check(err)
	if checkpoint.Origin != verifier.Name() {
		fail("the checkpoint is of %s", checkpoint.Origin)
	}

	text, err := os.ReadFile(policyPath)
	check(err)
	policy, err := torchwood.ParsePolicy(text)
	check(err)
	_, cosigned, err := torchwood.VerifyCheckpoint(signed, policy)
	check(err)

	fetcher, err := torchwood.NewTileFetcher(prefix, torchwood.WithHTTPClient(&http.Client{Transport: bearer(token)}))
	check(err)
	client, err := torchwood.NewClient(fetcher)
	check(err)
	tree := tlog.Tree{N: checkpoint.N, Hash: checkpoint.Hash}
	records, start := make([][]byte, 0, tree.N), int64(0)
	// It stops before a partial bundle, and takes that when asked again.
	for start < tree.N {
		before := start
		for index, entry := range client.Entries(context.Background(), tree, start) {
			if index != start {
				fail("entry %d came after %d", index, start-1)
			}
			records = append(records, entry)
			start++
		}
		check(client.Err())
		if start == before {
			fail("the entries end at %d of %d", start, tree.N)
		}
	}

	proof, err := os.ReadFile(proofPath)
	check(err)
	record, err := torchwood.ProofExtraData(proof)
	check(err)
	check(torchwood.VerifyProof(policy, tlog.RecordHash(record), proof))
	if torchwood.VerifyProof(policy, tlog.RecordHash(append(record, ' ')), proof) == nil {
		fail("another record was proven too")
	}
	fmt.Printf("torchwood agrees: %d records of %s, %d signatures, and a proof\n",
		len(records), checkpoint.Origin, len(cosigned.Sigs))
}

// The records themselves are for auditors alone.
type bearer string

func (token bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+string(token))
	return http.DefaultTransport.RoundTrip(request)
}

func get(url string) []byte {
	response, err := http.Get(url)
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		fail("%s answers %s", url, response.Status)
	}
	body, err := io.ReadAll(response.Body)
	check(err)
	return body
}

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
