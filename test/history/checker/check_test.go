package main

import (
	"math"
	"testing"
)

// at is a call of one request, from one time to another.
func at(call, ret int64, request Request, answers ...Answer) Attempt {
	return Attempt{Call: call, Return: ret, Requests: []Request{request}, Answers: answers}
}

func ask(kind, key string, amount int64, target ...string) Request {
	request := Request{Kind: kind, Account: "ada", Key: key, Amount: amount}
	if len(target) > 0 {
		request.Target = target[0]
	}
	return request
}

func says(balance, available int64) Answer { return Answer{Balance: balance, Available: available} }

func again(answer Answer) Answer { return replay(answer) }

func refused(code string) Answer { return Answer{Code: code} }

var (
	topUp  = at(0, 1, ask("top_up", "t", 100), says(100, 100))
	deduct = ask("deduct", "d", 30)
	read   = ask("balance", "", 0)
)

func snapshot(call, ret, seq, balance, held, adjustments, revenue, holds int64) Attempt {
	return Attempt{Call: call, Return: ret, Snapshot: &Snapshot{
		Accounts: map[string]Standing{"ada": {seq, balance, held}},
		System:   map[string]int64{"adjustments": adjustments, "revenue": revenue, "holds": holds},
	}}
}

func TestHistories(t *testing.T) {
	bob := func(request Request) Request { request.Account = "bob"; return request }
	both := func(call, ret int64, answers ...Answer) Attempt {
		requests := []Request{ask("deduct", "d", 30), bob(ask("top_up", "u", 30))}
		return Attempt{Call: call, Return: ret, Together: "b", Requests: requests, Answers: answers}
	}
	twoRead := func(call, ret, ada, bob int64) Attempt {
		one := snapshot(call, ret, 1, ada, 0, -100-bob, 100-ada, 0)
		if ada < 100 {
			one.Snapshot.Accounts["ada"] = Standing{2, ada, 0}
		}
		one.Snapshot.Accounts["bob"] = Standing{bob / 30, bob, 0}
		return one
	}
	for name, test := range map[string]struct {
		isLegal  bool
		attempts []Attempt
	}{
		"answers in order":           {true, []Attempt{topUp, at(2, 3, deduct, says(70, 70)), at(4, 5, read, says(70, 70))}},
		"a refusal":                  {true, []Attempt{at(0, 1, deduct, refused("INSUFFICIENT_FUNDS")), at(2, 3, read, says(0, 0))}},
		"a refusal with money there": {false, []Attempt{topUp, at(2, 3, deduct, refused("INSUFFICIENT_FUNDS"))}},
		"a lost update":              {false, []Attempt{topUp, at(2, 3, deduct, says(70, 70)), at(4, 5, read, says(100, 100))}},
		"a stale read, concurrent":   {true, []Attempt{topUp, at(2, 5, deduct, says(70, 70)), at(4, 6, read, says(100, 100))}},
		"a doubled charge":           {false, []Attempt{topUp, at(2, 3, deduct, says(70, 70)), at(4, 5, read, says(40, 40))}},
		"a doubled answer": {true, []Attempt{topUp, at(2, 5, deduct, says(70, 70)), at(2, 5, deduct, again(says(70, 70))),
			at(6, 7, read, says(70, 70))}},
		"two first answers": {false, []Attempt{topUp, at(2, 5, deduct, says(70, 70)), at(2, 5, deduct, says(70, 70))}},
		"an open charge that happened later": {true, []Attempt{topUp, at(2, 3, deduct), at(4, 5, read, says(100, 100)),
			at(6, 7, read, says(70, 70))}},
		"an open charge that never happened": {true, []Attempt{topUp, at(2, 3, deduct), at(4, 5, read, says(100, 100))}},
		"an open charge that was undone": {false, []Attempt{topUp, at(2, 3, deduct), at(4, 5, read, says(70, 70)),
			at(6, 7, read, says(100, 100))}},
		"an unknown charge, told later": {true, []Attempt{topUp, at(2, 3, deduct), at(4, 5, read, says(70, 70)),
			at(6, 7, deduct, again(says(70, 70)))}},
		"an unknown charge that a repetition made again": {false, []Attempt{topUp, at(2, 3, deduct),
			at(4, 5, read, says(70, 70)), at(6, 7, deduct, says(40, 40))}},
		"an unknown repetition of a batch's charge, of which one was told before": {true, []Attempt{topUp,
			both(2, 3, says(70, 70), says(30, 30)), at(4, 5, deduct, again(says(70, 70))), at(6, 7, deduct),
			at(8, 9, read, says(70, 70))}},
		"nothing stored": {false, []Attempt{topUp, at(2, 3, deduct, refused("TIMEOUT")), at(4, 5, read, says(70, 70))}},
		"a key with another request": {true, []Attempt{topUp, at(2, 3, deduct, says(70, 70)),
			at(4, 5, ask("deduct", "d", 31), refused("IDEMPOTENCY_KEY_REUSED"))}},
		"a hold, captured in part, and refunded": {true, []Attempt{topUp,
			at(2, 3, ask("hold", "h", 50), says(100, 50)),
			at(4, 5, ask("capture", "c", 20, "h"), says(80, 80)),
			at(6, 7, ask("release", "r", 0, "h"), refused("HOLD_CLOSED")),
			at(8, 9, ask("capture", "c2", 20, "h"), again(says(80, 80))),
			at(10, 11, ask("refund", "f", 0, "c"), says(100, 100)),
			at(12, 13, ask("refund", "f2", 1, "c"), refused("ALREADY_REFUNDED")),
			snapshot(14, 15, 5, 100, 0, -100, 0, 0)}},
		"a snapshot that lacks what was answered before": {false, []Attempt{topUp, at(2, 3, deduct, says(70, 70)),
			snapshot(4, 5, 1, 100, 0, -100, 0, 0)}},
		"a snapshot in the midst": {true, []Attempt{topUp, at(2, 9, deduct, says(70, 70)),
			snapshot(4, 5, 1, 100, 0, -100, 0, 0), snapshot(6, 7, 2, 70, 0, -100, 30, 0)}},
		"a batch, all of it":  {true, []Attempt{topUp, both(2, 9, says(70, 70), says(30, 30)), twoRead(4, 5, 100, 0), twoRead(6, 7, 70, 30)}},
		"a batch, half of it": {false, []Attempt{topUp, both(2, 9, says(70, 70), says(30, 30)), twoRead(4, 5, 70, 0)}},
		"a refusal between two requests of a batch": {false, []Attempt{topUp,
			{Call: 2, Return: 9, Together: "b", Requests: []Request{ask("deduct", "d", 90), ask("top_up", "u", 90)},
				Answers: []Answer{says(10, 10), says(100, 100)}},
			at(3, 8, ask("deduct", "e", 50), refused("INSUFFICIENT_FUNDS"))}},
		"a batch that may have been": {true, []Attempt{topUp, both(2, 3), twoRead(4, 5, 100, 0), twoRead(6, 7, 70, 30)}},
	} {
		t.Run(name, func(t *testing.T) {
			broken := check(test.attempts).Broken
			if (len(broken) == 0) != test.isLegal {
				t.Errorf("legal: %v, found: %v", test.isLegal, broken)
			}
			for _, one := range broken {
				if one.Result != "Illegal" {
					t.Errorf("undecided: %v", one)
				}
			}
		})
	}
}

// Many clients, with reads and refusals that fit in one place alone: no search may grow with them.
func TestWideHistory(t *testing.T) {
	var attempts []Attempt
	clock, balance := int64(0), map[string]int64{}
	for turn := range int64(4_000) {
		who := string(rune('a' + turn%25))
		request := Request{Kind: "top_up", Account: who, Key: string(rune(turn)), Amount: turn%7 + 1}
		if turn%3 == 0 {
			request = Request{Kind: "balance", Account: who}
		} else {
			balance[who] += request.Amount
		}
		clock += 10
		answer := says(balance[who], balance[who])
		attempts = append(attempts, at(clock-200, clock+200, request, answer))
	}
	if broken := check(attempts).Broken; len(broken) > 0 {
		t.Error(broken)
	}
	attempts[3000].Answers = []Answer{says(math.MaxInt32, 0)}
	if broken := check(attempts).Broken; len(broken) == 0 {
		t.Error("a wrong answer was not found")
	}
}
