package main

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// A search that reaches more states than these decides nothing: it keeps them all.
const (
	stepsMin         = 50_000
	stepsOfOperation = 10
)

// ledger is the model of a round's whole ledger: all its accounts, what the system accounts have, and how
// many snapshots were taken. A value is never changed after it was made.
type ledger struct {
	accounts []*account
	// How many writes each account has had, and what changes nothing but has to come before a next one:
	// by the number of writes that it may come after at most.
	writes    []int
	owed      [][]int
	system    map[string]int64
	snapshots int
}

// book says how a round's operations are checked.
type book struct {
	index     map[string]int
	snapshots []*Snapshot
	// Where the accounts' own orders have each request; nil to try all orders.
	places places
	owed   [][]int
	// How many more states it may reach.
	steps int
}

func newBook(operations []operation, found places, steps int) *book {
	b := &book{index: map[string]int{}, places: found, steps: steps}
	for _, one := range operations {
		if one.snapshot != nil {
			b.snapshots = append(b.snapshots, one.snapshot)
			for name := range one.snapshot.Accounts {
				b.add(name)
			}
		}
		for _, request := range one.requests {
			b.add(request.Account)
		}
	}
	b.owed = make([][]int, len(b.index))
	for which, at := range found {
		i := b.index[which.request.Account]
		for len(b.owed[i]) <= max(at.before, at.last) {
			b.owed[i] = append(b.owed[i], 0)
		}
		if !at.isWrite {
			b.owed[i][at.last]++
		}
	}
	return b
}

func (b *book) add(name string) {
	if _, is := b.index[name]; !is {
		b.index[name] = len(b.index)
	}
}

func (b *book) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			all := make([]*account, len(b.index))
			for i := range all {
				all[i] = newAccount()
			}
			return &ledger{
				accounts: all, writes: make([]int, len(all)), owed: b.owed, system: map[string]int64{},
			}
		},
		Step: func(state, input, _ any) (bool, any) {
			if b.steps < 0 {
				return false, nil
			}
			ok, next := b.step(state.(*ledger), input.(*operation))
			if ok {
				b.steps--
			}
			return ok, next
		},
		Equal: func(a, b any) bool { return a == b || reflect.DeepEqual(a, b) },
		Hash:  func(state any) uint64 { return state.(*ledger).hash() },
	}
}

func (b *book) step(before *ledger, one *operation) (bool, *ledger) {
	if one.snapshot != nil {
		return b.look(before, one)
	}
	if len(one.requests) == 1 {
		// Most that is tried is not so, and needs no copy of the ledger.
		request := one.requests[0]
		if ok, _ := before.accounts[b.index[request.Account]].step(request, one.outcomes[0]); !ok {
			return false, nil
		}
	}
	after := &ledger{
		slices.Clone(before.accounts), slices.Clone(before.writes), slices.Clone(before.owed),
		maps.Clone(before.system), before.snapshots,
	}
	if one.isTogether && (one.isRefused || one.outcomes[0].isOpen) {
		return b.perhaps(before, after, one)
	}
	for i := range one.requests {
		if !b.apply(after, one, i, one.outcomes[i]) {
			return false, nil
		}
	}
	return true, after
}

// perhaps is for a batch that was refused, or may have been: one of its requests has to be refused.
func (b *book) perhaps(before, after *ledger, one *operation) (bool, *ledger) {
	for _, request := range one.requests {
		i := b.index[request.Account]
		if _, _, answer := after.accounts[i].do(request); answer.Code != "" {
			return true, before
		}
		_, next := after.accounts[i].step(request, outcome{isOpen: true})
		after.move(request, after.accounts[i], next)
		after.accounts[i] = next
	}
	if one.isRefused || b.isAhead(after) {
		return false, nil
	}
	return true, after
}

// apply carries out one request of an operation.
func (b *book) apply(after *ledger, one *operation, index int, got outcome) bool {
	request := one.requests[index]
	i := b.index[request.Account]
	before := after.accounts[i]
	ok, next := before.step(request, got)
	if !ok || b.isPast(after, request.Account, next) {
		return false
	}
	// An account without a legal order keeps to none.
	at, is := b.places[asked{request, one, index}]
	if is && !after.comesNow(i, at, next != before) {
		return false
	}
	after.move(request, before, next)
	after.accounts[i] = next
	return true
}

// comesNow keeps to the order that was found for an account: its writes one after the other, and in between
// what changes nothing, before it is too late.
func (l *ledger) comesNow(i int, at place, isWrite bool) bool {
	if at.isWrite != isWrite {
		return false
	}
	if isWrite {
		if at.before != l.writes[i] || l.owed[i][at.before] > 0 {
			return false
		}
		l.writes[i]++
		return true
	}
	l.owed[i] = slices.Clone(l.owed[i])
	l.owed[i][at.last]--
	return true
}

// isPast says whether an account would have more transfers than the next snapshot found. Such a transfer
// comes behind it in every legal order, so it is not tried before.
func (b *book) isPast(l *ledger, name string, next *account) bool {
	if l.snapshots == len(b.snapshots) {
		return false
	}
	return next.seq > b.snapshots[l.snapshots].Accounts[name].Seq
}

func (b *book) isAhead(l *ledger) bool {
	for name, i := range b.index {
		if b.isPast(l, name, l.accounts[i]) {
			return true
		}
	}
	return false
}

// look compares the whole ledger with a snapshot.
func (b *book) look(before *ledger, one *operation) (bool, *ledger) {
	if before.snapshots != one.snapshotRank {
		return false, nil
	}
	sum := int64(0)
	for name, i := range b.index {
		a := before.accounts[i]
		if a.standing() != one.snapshot.Accounts[name] {
			return false, nil
		}
		sum += a.balance - a.held
	}
	for _, name := range []string{"adjustments", "revenue", "holds"} {
		if before.system[name] != one.snapshot.System[name] {
			return false, nil
		}
		sum += one.snapshot.System[name]
	}
	after := *before
	after.snapshots++
	return sum == 0, &after
}

// move books the other side of what an account has got or given.
func (l *ledger) move(request Request, before, after *account) {
	if before == after {
		return
	}
	free := (after.balance - after.held) - (before.balance - before.held)
	held := after.held - before.held
	l.system["holds"] += held
	if request.Kind == "top_up" {
		l.system["adjustments"] -= free
	} else {
		l.system["revenue"] -= free + held
	}
}

// hash keeps apart what porcupine's own hash, of which operations are placed, often has in common.
func (l *ledger) hash() uint64 {
	sum := uint64(l.snapshots)
	for _, a := range l.accounts {
		for _, part := range [...]int64{a.seq, a.balance, a.held} {
			sum = (sum ^ uint64(part)) * 1_099_511_628_211
		}
	}
	return sum
}

// How often, and how far, isLegalAsItComes goes back at most.
const (
	retriesMax = 2_000
	trailMax   = 256
)

// moment is a part of an order: what it came to, and what has yet to come.
type moment struct {
	state *ledger
	left  []*operation
}

// isLegalAsItComes looks for a legal order by always taking what may come next, whatever that is. While each account
// keeps to its own order, nothing that may come is in the way of what comes later, except that a refused batch
// may miss its time. Then it goes back to where the batch was sent, and from there takes what may come at random
// until the batch is placed. So it hardly has to search; where it finds no order, that says nothing.
func (b *book) isLegalAsItComes(operations []operation) bool {
	now := moment{b.model().Init().(*ledger), make([]*operation, len(operations))}
	for i := range operations {
		now.left[i] = &operations[i]
	}
	drawn := rand.New(rand.NewPCG(1, 1))
	var trail []moment
	// The end of the batch that was late.
	missed := int64(-1)
	for retries := 0; len(now.left) > 0; {
		pick := func(a, b *operation) bool { return a.ret < b.ret }
		if now.due() <= missed {
			pick = func(_, _ *operation) bool { return drawn.IntN(3) == 0 }
		}
		if next := b.next(now, pick); next != nil {
			trail = append(trail, now)
			trail = trail[max(0, len(trail)-trailMax):]
			now = *next
			continue
		}
		late := slices.MinFunc(now.left, func(a, b *operation) int { return cmp.Compare(a.ret, b.ret) })
		sent := slices.IndexFunc(trail, func(one moment) bool { return late.call <= one.due() })
		if retries++; sent == -1 || retries > retriesMax {
			return false
		}
		missed = max(missed, late.ret)
		// Further back each time, because what was sent before may have to come behind it.
		sent = max(0, sent-retries)
		now, trail = trail[sent], trail[:sent]
	}
	return true
}

// due is when one of the rest must have ended: what was sent later comes behind it.
func (m moment) due() int64 {
	due := int64(math.MaxInt64)
	for _, one := range m.left {
		due = min(due, one.ret)
	}
	return due
}

// next takes what changes nothing first, and else what is picked of what may come. It is nil if there is nothing.
func (b *book) next(now moment, isBetter func(one, than *operation) bool) *moment {
	due := now.due()
	taken := -1
	var state *ledger
	for i, one := range now.left {
		// They are in the order of their calls.
		if one.call > due {
			break
		}
		ok, after := b.step(now.state, one)
		if !ok {
			continue
		}
		if slices.Equal(after.writes, now.state.writes) {
			taken, state = i, after
			break
		}
		if taken == -1 || isBetter(one, now.left[taken]) {
			taken, state = i, after
		}
	}
	if taken == -1 {
		return nil
	}
	return &moment{state, slices.Delete(slices.Clone(now.left), taken, taken+1)}
}

// checkLedger looks for a legal order of a round's operations, by the orders found for the accounts. If there
// is none though all accounts have one, others may do: an account can have several.
func checkLedger(name string, operations []operation, found places, areLegal bool, limit time.Duration) *verdict {
	history := make([]porcupine.Operation, len(operations))
	for i := range operations {
		one := &operations[i]
		history[i] = porcupine.Operation{
			ClientId: one.client, Input: one, Call: one.call, Return: one.ret, Metadata: one,
		}
	}
	if areLegal && newBook(operations, found, 0).isLegalAsItComes(operations) {
		return nil
	}
	search := func(by places) porcupine.CheckResult {
		book := newBook(operations, by, max(stepsMin, stepsOfOperation*len(history)))
		result := porcupine.CheckOperationsTimeout(book.model(), history, limit)
		if book.steps < 0 {
			return porcupine.Unknown
		}
		return result
	}
	result := search(found)
	if result != porcupine.Ok && areLegal {
		result = search(nil)
	}
	if result == porcupine.Ok {
		return nil
	}
	return &verdict{What: "ledger of " + name, Result: string(result), Of: len(history)}
}
