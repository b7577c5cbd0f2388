package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sort"
)

// Attempt is a line of the history: a call that was sent once, and what came back of it. Times are in
// nanoseconds of one monotonic clock.
type Attempt struct {
	Round    int       `json:"round"`
	Client   int       `json:"client"`
	Call     int64     `json:"call"`
	Return   int64     `json:"return"`
	Requests []Request `json:"requests"`
	// One for each request; empty where the outcome is unknown.
	Answers []Answer `json:"answers"`
	// The name of a batch that is made wholly or not at all; "" for a call of one request.
	Together string `json:"together"`
	// Why nothing of it was made.
	Refusal string `json:"refusal"`
	// What a query found in the database, all at once.
	Snapshot *Snapshot `json:"snapshot"`
}

// Snapshot is the whole ledger of a round's accounts.
type Snapshot struct {
	Accounts map[string]Standing `json:"accounts"`
	// By the name of a system account: what these accounts' transfers have brought it.
	System map[string]int64 `json:"system"`
}

// Standing is an account's row.
type Standing struct {
	Seq     int64 `json:"seq"`
	Balance int64 `json:"balance"`
	Held    int64 `json:"held"`
}

// operation is what a checker places in time: one call, or all attempts of one key that were not answered.
type operation struct {
	client       int
	call, ret    int64
	requests     []Request
	outcomes     []outcome
	isTogether   bool
	isRefused    bool
	snapshot     *Snapshot
	snapshotRank int
}

// Refusals that promise that nothing was stored, whatever the account says.
var nothingStored = map[string]bool{
	"ACCOUNT_BUSY": true, "DATABASE_UNAVAILABLE": true, "OVERLOADED": true, "REQUEST_TIMEOUT": true, "TIMEOUT": true,
}

// Refusals after which a request can never succeed any more.
var final = map[string]bool{
	"ALREADY_REFUNDED": true, "AMOUNT_EXCEEDS_HOLD": true, "HOLD_CLOSED": true, "IDEMPOTENCY_KEY_REUSED": true,
}

func readAttempts(from io.Reader) ([]Attempt, error) {
	var attempts []Attempt
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var attempt Attempt
		if err := json.Unmarshal(lines.Bytes(), &attempt); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(attempts)+1, err)
		}
		attempts = append(attempts, attempt)
	}
	return attempts, lines.Err()
}

// Counts of a history's outcomes.
type counts struct {
	Unknown int `json:"unknown"`
	Told    int `json:"told_later"`
	Open    int `json:"open"`
	Nothing int `json:"nothing_stored"`
}

// operationsOf makes operations of the attempts of a round. An answer is one by itself. Attempts without
// one are told by their key: if it was repeated and had moved money before, one of them had, and the others
// did nothing; if a repetition was the first to move it, or can never succeed, none had. What no one was
// told stays open for ever.
func operationsOf(attempts []Attempt, sum *counts) []operation {
	var made []operation
	unanswered := map[string][]Attempt{}
	told := map[string]Attempt{}
	for _, attempt := range attempts {
		switch {
		case attempt.Snapshot != nil:
			made = append(made, operation{call: attempt.Call, ret: attempt.Return, snapshot: attempt.Snapshot})
		case nothingStored[attempt.refusal()]:
			sum.Nothing++
		case attempt.Refusal == "" && len(attempt.Answers) == 0:
			sum.Unknown++
			if attempt.Requests[0].Kind != "balance" {
				unanswered[attempt.name()] = append(unanswered[attempt.name()], attempt)
			}
		default:
			made = append(made, attempt.operation(attempt.Return, outcome{}))
			if before, is := told[attempt.name()]; attempt.tells() && (!is || attempt.isBetter(before)) {
				told[attempt.name()] = attempt
			}
		}
	}
	for name, attempts := range unanswered {
		answer, is := told[name]
		if is {
			sum.Told += len(attempts)
			first := attempts[0]
			for _, attempt := range attempts {
				first.Call = min(first.Call, attempt.Call)
			}
			// Where the key had moved money before the first of them was sent, none of them had. Another kind of
			// call did, such as a batch with the same key.
			if answer.isReplayed() && first.Call < answer.Return {
				first.Answers = answer.Answers
				made = append(made, first.operation(answer.Return, outcome{isToldLater: true}))
			}
			continue
		}
		sum.Open += len(attempts)
		for _, attempt := range attempts {
			attempt.Answers = make([]Answer, len(attempt.Requests))
			made = append(made, attempt.operation(math.MaxInt64, outcome{isOpen: true}))
		}
	}
	sort.Slice(made, func(i, j int) bool { return made[i].call < made[j].call })
	rank := 0
	for i := range made {
		if made[i].snapshot != nil {
			made[i].snapshotRank = rank
			rank++
		}
	}
	return made
}

// name is what its repetitions have in common.
func (a Attempt) name() string {
	if a.Together != "" {
		return a.Together
	}
	return fmt.Sprint(a.Requests[0])
}

func (a Attempt) refusal() string {
	if a.Refusal == "" && len(a.Answers) == 1 {
		return a.Answers[0].Code
	}
	return a.Refusal
}

func (a Attempt) tells() bool { return a.refusal() == "" || final[a.refusal()] }

func (a Attempt) isReplayed() bool {
	return a.refusal() == "" && len(a.Answers) > 0 && a.Answers[0].Replayed
}

// isBetter prefers the answer that was the first, then the earliest.
func (a Attempt) isBetter(than Attempt) bool {
	if a.isReplayed() != than.isReplayed() {
		return than.isReplayed()
	}
	return a.Return < than.Return
}

func (a Attempt) operation(ret int64, known outcome) operation {
	outcomes := make([]outcome, len(a.Answers))
	for i, answer := range a.Answers {
		outcomes[i] = known
		outcomes[i].Answer = answer
	}
	return operation{
		client: a.Client, call: a.Call, ret: ret, requests: a.Requests, outcomes: outcomes,
		isTogether: a.Together != "", isRefused: a.Refusal != "",
	}
}
