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
	done               map[string]done
	// By the key of a charge: what of it can be refunded.
	left  map[string]int64
	holds map[string]hold
}

func (a *account) answer() Answer {
	return Answer{Balance: a.balance, Available: a.balance - a.held}
}

func (a *account) copy() *account {
	next := *a
	next.done, next.left, next.holds = maps.Clone(a.done), maps.Clone(a.left), maps.Clone(a.holds)
	return &next
}

func newAccount() *account {
	return &account{done: map[string]done{}, left: map[string]int64{}, holds: map[string]hold{}}
}

// step says whether the account may answer so, and what it is afterwards.
func (a *account) step(request Request, got outcome) (bool, *account) {
	next, want := a.do(request)
	if got.isOpen {
		return true, next
	}
	if got.isToldLater {
		want.Replayed = got.Replayed
	}
	return want == got.Answer, next
}

// do carries out a request: a key that has moved money answers as before.
func (a *account) do(request Request) (*account, Answer) {
	if request.Kind == "balance" {
		return a, a.answer()
	}
	if before, is := a.done[request.Key]; is {
		if before.request != request {
			return a, Answer{Code: "IDEMPOTENCY_KEY_REUSED"}
		}
		return a, replay(before.answer)
	}
	next := a.copy()
	if code, again := next.move(request); code != "" {
		return a, Answer{Code: code}
	} else if again != nil {
		return a, replay(*again)
	}
	answer := next.answer()
	next.done[request.Key] = done{request, answer}
	if h, is := next.holds[request.Target]; is && h.ended == request.Kind {
		h.ending = answer
		next.holds[request.Target] = h
	}
	return next, answer
}

func replay(answer Answer) Answer {
	answer.Replayed = true
	return answer
}

// move changes the account. It returns the code of a refusal, or the answer of what had the same outcome.
func (a *account) move(request Request) (string, *Answer) {
	amount := request.Amount
	switch request.Kind {
	case "top_up":
		a.balance += amount
	case "deduct":
		if amount > a.balance-a.held {
			return "INSUFFICIENT_FUNDS", nil
		}
		a.balance -= amount
		a.left[request.Key] = amount
	case "hold":
		if amount > a.balance-a.held {
			return "INSUFFICIENT_FUNDS", nil
		}
		a.held += amount
		a.holds[request.Key] = hold{amount: amount}
	case "refund":
		left, is := a.left[request.Target]
		if !is {
			return "TRANSFER_NOT_FOUND", nil
		}
		if amount == 0 {
			amount = left
		}
		if left == 0 || amount > left {
			return "ALREADY_REFUNDED", nil
		}
		a.balance += amount
		a.left[request.Target] = left - amount
	case "capture", "release":
		return a.end(request)
	default:
		return "UNKNOWN_KIND", nil
	}
	a.seq++
	return "", nil
}

func (a *account) end(request Request) (string, *Answer) {
	h, is := a.holds[request.Target]
	if !is {
		return "HOLD_NOT_FOUND", nil
	}
	amount := request.Amount
	if amount == 0 && request.Kind == "capture" {
		amount = h.amount
	}
	if h.ended == request.Kind && amount == h.captured {
		return "", &h.ending
	}
	if h.ended != "" {
		return "HOLD_CLOSED", nil
	}
	if amount > h.amount {
		return "AMOUNT_EXCEEDS_HOLD", nil
	}
	a.held -= h.amount
	a.balance -= amount
	a.seq++
	if request.Kind == "capture" {
		a.left[request.Key] = amount
		// The rest is released by a transfer of its own.
		if amount < h.amount {
			a.seq++
		}
	}
	h.ended, h.captured = request.Kind, amount
	a.holds[request.Target] = h
	return "", nil
}
