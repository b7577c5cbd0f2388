// Checks a history of calls with code that is not ours: porcupine looks for an order in which each call
// takes effect at one moment between its sending and its answer, such that a simple model would have
// answered the same. Each account is checked for itself, then each round's whole ledger.
//
// history-check FILE: one JSON object on stdout; the exit code is 1 if a history is not legal or too hard.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// Searching longer than this decides nothing.
const limit = 60 * time.Second

type report struct {
	Operations int `json:"operations"`
	Accounts   int `json:"accounts"`
	Rounds     int `json:"rounds"`
	Snapshots  int `json:"snapshots"`
	counts
	Broken  []verdict `json:"broken"`
	Seconds float64   `json:"seconds"`
}

func main() {
	if len(os.Args) != 2 {
		fail("usage: history-check FILE")
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		fail(err)
	}
	attempts, err := readAttempts(file)
	if err != nil {
		fail(err)
	}
	result := check(attempts)
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(err)
	}
	if len(result.Broken) > 0 {
		os.Exit(1)
	}
}

func check(attempts []Attempt) report {
	began := time.Now()
	rounds := map[int][]Attempt{}
	for _, attempt := range attempts {
		rounds[attempt.Round] = append(rounds[attempt.Round], attempt)
	}
	result := report{Rounds: len(rounds), Broken: []verdict{}}
	var each sync.WaitGroup
	var lock sync.Mutex
	free := make(chan struct{}, runtime.NumCPU())
	for number, attempts := range rounds {
		each.Add(1)
		free <- struct{}{}
		go func() {
			defer each.Done()
			part := checkRound(fmt.Sprintf("round %d", number), attempts)
			<-free
			lock.Lock()
			defer lock.Unlock()
			result.add(part)
		}()
	}
	each.Wait()
	result.Seconds = time.Since(began).Seconds()
	return result
}

func checkRound(name string, attempts []Attempt) (part report) {
	operations := operationsOf(attempts, &part.counts)
	found := places{}
	for account, history := range byAccount(operations) {
		part.Accounts++
		for _, one := range history {
			if one.Metadata.(asked).of.snapshot == nil {
				part.Operations += len(one.Input.(atOnce))
			}
		}
		order, broken := checkAccount(account, history, limit)
		if broken != nil {
			part.Broken = append(part.Broken, *broken)
		}
		for one, place := range order {
			found[one] = place
		}
	}
	for _, one := range operations {
		if one.snapshot != nil {
			part.Snapshots++
		}
	}
	if broken := checkLedger(name, operations, found, len(part.Broken) == 0, limit); broken != nil {
		part.Broken = append(part.Broken, *broken)
	}
	return part
}

func (r *report) add(part report) {
	r.Operations += part.Operations
	r.Accounts += part.Accounts
	r.Snapshots += part.Snapshots
	r.Unknown += part.Unknown
	r.Told += part.Told
	r.Open += part.Open
	r.Nothing += part.Nothing
	r.Broken = append(r.Broken, part.Broken...)
}

func fail(why any) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(2)
}
