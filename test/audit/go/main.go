// Checks an audit log and its proofs with Go's golang.org/x/mod/sumdb/tlog, which the Go module
// proxy's own transparency log is verified with. Reads what test/audit/go/collect.ts wrote.
package main

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

type collected struct {
	Records     []string
	Keys        []struct{ Kid, N, E string }
	Checkpoints []struct{ Token string }
	Consistency []struct {
		Size, First int64
		Proof       []string
	}
	Inclusion []struct {
		Size, Index int64
		Proof       []string
	}
}

type checkpoint struct {
	Iss  string
	Size int64
	Root string
}

func main() {
	content, err := os.ReadFile(os.Args[1])
	check(err)
	var log collected
	check(json.Unmarshal(content, &log))

	// Every tree from 1 record up, by the other library alone.
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	roots := make(map[int64]tlog.Hash)
	for n, record := range log.Records {
		hashes, err := tlog.StoredHashes(int64(n), []byte(record), read)
		check(err)
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(int64(n)+1, read)
		check(err)
		roots[int64(n)+1] = root
	}

	for _, each := range log.Checkpoints {
		opened := open(each.Token, log)
		if hash(opened.Root) != roots[opened.Size] {
			fail("the checkpoint of size %d has another root", opened.Size)
		}
	}
	for _, each := range log.Consistency {
		err := tlog.CheckTree(hashes(each.Proof), each.Size, roots[each.Size], each.First, roots[each.First])
		if err != nil {
			fail("the tree of %d is not proven the beginning of that of %d: %v", each.First, each.Size, err)
		}
		expected, err := tlog.ProveTree(each.Size, each.First, read)
		check(err)
		same(expected, hashes(each.Proof))
	}
	for _, each := range log.Inclusion {
		leaf := tlog.RecordHash([]byte(log.Records[each.Index]))
		err := tlog.CheckRecord(hashes(each.Proof), each.Size, roots[each.Size], each.Index, leaf)
		if err != nil {
			fail("record %d is not proven to be in the tree of %d: %v", each.Index, each.Size, err)
		}
		expected, err := tlog.ProveRecord(each.Size, each.Index, read)
		check(err)
		same(expected, hashes(each.Proof))
	}
	fmt.Printf("tlog agrees: %d records, %d checkpoints, %d consistency and %d inclusion proofs\n",
		len(log.Records), len(log.Checkpoints), len(log.Consistency), len(log.Inclusion))
}

// open verifies a JWT with Go's own RSA.
func open(token string, log collected) checkpoint {
	parts := strings.Split(token, ".")
	var header struct{ Alg, Typ, Kid string }
	check(json.Unmarshal(decode(parts[0]), &header))
	if header.Alg != "RS256" || header.Typ != "audit-checkpoint+jwt" {
		fail("a checkpoint has the header %v", header)
	}
	for _, key := range log.Keys {
		if key.Kid != header.Kid {
			continue
		}
		exponent := int(new(big.Int).SetBytes(decode(key.E)).Int64())
		public := rsa.PublicKey{N: new(big.Int).SetBytes(decode(key.N)), E: exponent}
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		check(rsa.VerifyPKCS1v15(&public, crypto.SHA256, digest[:], decode(parts[2])))
		var opened checkpoint
		check(json.Unmarshal(decode(parts[1]), &opened))
		return opened
	}
	fail("no key %s", header.Kid)
	return checkpoint{}
}

func decode(text string) []byte {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	check(err)
	return decoded
}

func hash(text string) tlog.Hash {
	var hash tlog.Hash
	decoded, err := base64.StdEncoding.DecodeString(text)
	check(err)
	copy(hash[:], decoded)
	return hash
}

func hashes(texts []string) []tlog.Hash {
	var hashes []tlog.Hash
	for _, text := range texts {
		hashes = append(hashes, hash(text))
	}
	return hashes
}

func same(a, b []tlog.Hash) {
	if len(a) != len(b) {
		fail("a proof has %d hashes instead of %d", len(b), len(a))
	}
	for i := range a {
		if !bytes.Equal(a[i][:], b[i][:]) {
			fail("a proof differs")
		}
	}
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
