package main

import "maps"

// Request is what a caller asks of one account. Charges and holds are named by the key that made them;
// an amount of 0 asks for all there is.
type Request struct {
	Kind    string `json:"kind"`
	Account string `json:"account"`
	Key     string `json:"key"`
	Amount  int64  `json:"amount"`
	Target  string `json:"target"`
}

// Answer is what came back: a refusal's code, or the account right after the call.
type Answer struct {
	Code      string `json:"code"`
	Balance   int64  `json:"balance"`
	Available int64  `json:"available"`
	Replayed  bool   `json:"replayed"`
}

// outcome is what is known of a request at the end of the history.
type outcome struct {
	Answer
	// Nothing was ever told: it happened, or not.
	isOpen bool
	// It was told by a repetition, which doesn't say what the first answer would have been marked as.
	isToldLater bool
}

type done struct {
	request Request
	answer  Answer
}

type hold struct {
	amount, captured int64
	// "" while it is open.
	ended string
	// What ended it answered.
	ending Answer
}

// account is the model of one account: it answers each request as the documentation says. A value is
// never changed after it was made.
type account struct {
	seq, balance, held int64
	done               map[string]*done
	// By the key of a charge: what of it can be refunded.
	left  map[string]int64
	holds map[string]hold
}

func (a *account) answer() Answer {
	return Answer{Balance: a.balance, Available: a.balance - a.held}
}

func (a *account) standing() Standing { return Standing{a.seq, a.balance, a.held} }

func newAccount() *account {
	return &account{done: map[string]*done{}, left: map[string]int64{}, holds: map[string]hold{}}
}

// change is what a request does beside the numbers of its account: to one charge, and to one hold.
type change struct {
	charge string
	left   int64
	hold   string
	held   hold
}

// step says whether the account may answer so, and what it is afterwards.
func (a *account) step(request Request, got outcome) (bool, *account) {
	next, change, want := a.do(request)
	if got.isToldLater {
		want.Replayed = got.Replayed
	}
	if !got.isOpen && want != got.Answer {
		return false, a
	}
	if change == nil {
		return true, a
	}
	// Only now, since most that is tried is not so.
	next.done = maps.Clone(a.done)
	next.done[request.Key] = &done{request, want}
	if change.charge != "" {
		next.left = maps.Clone(a.left)
		next.left[change.charge] = change.left
	}
	if change.hold != "" {
		next.holds = maps.Clone(a.holds)
		change.held.ending = want
		next.holds[change.hold] = change.held
	}
	return true, &next
}

// do answers a request: a key that has moved money answers as before. The change is nil if there is none.
func (a *account) do(request Request) (account, *change, Answer) {
	if request.Kind == "balance" {
		return *a, nil, a.answer()
	}
	if before, is := a.done[request.Key]; is {
		if before.request != request {
			return *a, nil, Answer{Code: "IDEMPOTENCY_KEY_REUSED"}
		}
		return *a, nil, replay(before.answer)
	}
	next := *a
	made, code, again := next.move(request)
	if again != nil {
		return *a, nil, replay(*again)
	}
	if code != "" {
		return *a, nil, Answer{Code: code}
	}
	return next, &made, next.answer()
}

func replay(answer Answer) Answer {
	answer.Replayed = true
	return answer
}

// move changes the numbers of the account, and says what else changes. It returns the code of a refusal, or the
// answer of what had the same outcome.
func (a *account) move(request Request) (made change, code string, again *Answer) {
	amount := request.Amount
	switch request.Kind {
	case "top_up":
		a.balance += amount
	case "deduct":
		if amount > a.balance-a.held {
			return made, "INSUFFICIENT_FUNDS", nil
		}
		a.balance -= amount
		made = change{charge: request.Key, left: amount}
	case "hold":
		if amount > a.balance-a.held {
			return made, "INSUFFICIENT_FUNDS", nil
		}
		a.held += amount
		made = change{hold: request.Key, held: hold{amount: amount}}
	case "refund":
		left, is := a.left[request.Target]
		if !is {
			return made, "TRANSFER_NOT_FOUND", nil
		}
		if amount == 0 {
			amount = left
		}
		if left == 0 || amount > left {
			return made, "ALREADY_REFUNDED", nil
		}
		a.balance += amount
		made = change{charge: request.Target, left: left - amount}
	case "capture", "release":
		return a.end(request)
	default:
		return made, "UNKNOWN_KIND", nil
	}
	a.seq++
	return made, "", nil
}

func (a *account) end(request Request) (made change, code string, again *Answer) {
	h, is := a.holds[request.Target]
	if !is {
		return made, "HOLD_NOT_FOUND", nil
	}
	amount := request.Amount
	if amount == 0 && request.Kind == "capture" {
		amount = h.amount
	}
	if h.ended == request.Kind && amount == h.captured {
		return made, "", &h.ending
	}
	if h.ended != "" {
		return made, "HOLD_CLOSED", nil
	}
	if amount > h.amount {
		return made, "AMOUNT_EXCEEDS_HOLD", nil
	}
	a.held -= h.amount
	a.balance -= amount
	a.seq++
	if request.Kind == "capture" {
		made.charge, made.left = request.Key, amount
		// The rest is released by a transfer of its own.
		if amount < h.amount {
			a.seq++
		}
	}
	h.ended, h.captured = request.Kind, amount
	made.hold, made.held = request.Target, h
	return made, "", nil
}
