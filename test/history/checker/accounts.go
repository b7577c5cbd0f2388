package main

import (
	"fmt"
	"math"
	"reflect"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

// asked is a request with its number in the operation that it belongs to; or an account in a snapshot.
type asked struct {
	request Request
	of      *operation
	index   int
}

// step is that of the account's model. A snapshot shows the account as it is, and changes nothing.
func (a asked) step(before *account) (bool, *account) {
	if a.of.snapshot == nil {
		return before.step(a.request, a.outcome())
	}
	return before.standing() == a.of.snapshot.Accounts[a.request.Account], before
}

func (a asked) outcome() outcome {
	if a.of.snapshot != nil {
		return outcome{}
	}
	return a.of.outcomes[a.index]
}

// atOnce is what an operation asks of one account: of a batch that is made wholly or not at all, nothing comes in
// between.
type atOnce []asked

func (all atOnce) step(state *account) (bool, *account) {
	for _, one := range all {
		ok, next := one.step(state)
		if !ok {
			return false, state
		}
		state = next
	}
	return true, state
}

var accountModel = porcupine.Model{
	Init: func() any { return newAccount() },
	Step: func(state, input, _ any) (bool, any) {
		return input.(atOnce).step(state.(*account))
	},
	Equal: func(a, b any) bool { return a == b || reflect.DeepEqual(a, b) },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%v → %v", input.(atOnce)[0].request, output)
	},
	DescribeState: func(state any) string {
		a := state.(*account)
		return fmt.Sprintf("transfers %d, balance %d, held %d", a.seq, a.balance, a.held)
	},
}

// byAccount is what each account was asked, and how the snapshots show it, for itself.
func byAccount(operations []operation) map[string][]porcupine.Operation {
	accounts := map[string][]porcupine.Operation{}
	for i := range operations {
		of := &operations[i]
		// What a refused batch would have done is not said of each account.
		if of.isRefused {
			continue
		}
		add := func(all ...asked) {
			name := all[0].request.Account
			accounts[name] = append(accounts[name], porcupine.Operation{
				ClientId: of.client, Input: atOnce(all), Call: of.call, Output: all[0].outcome(), Return: of.ret,
				Metadata: all[0],
			})
		}
		if of.snapshot != nil {
			for name := range of.snapshot.Accounts {
				add(asked{Request{Kind: "snapshot", Account: name}, of, 0})
			}
			continue
		}
		together := map[string]atOnce{}
		for index, request := range of.requests {
			one := asked{request, of, index}
			if of.isTogether {
				together[request.Account] = append(together[request.Account], one)
			} else {
				add(one)
			}
		}
		for _, all := range together {
			add(all...)
		}
	}
	return accounts
}

// verdict of a history that has no legal order, or for which none was found in time.
type verdict struct {
	What   string `json:"what"`
	Result string `json:"result"`
	// The most that could be put into an order, and what came next.
	Placed int    `json:"placed"`
	Of     int    `json:"of"`
	Next   string `json:"next"`
}

// place is what the order of an account says of one of its requests.
type place struct {
	isWrite bool
	// How many writes come before it.
	before int
	// For what changes nothing: the last number of writes after which it would still be answered so.
	last int
}

type places map[asked]place

// checkAccount looks for a legal order of one account's requests.
func checkAccount(name string, history []porcupine.Operation, limit time.Duration) (places, *verdict) {
	result, info := porcupine.CheckOperationsVerbose(accountModel, history, limit)
	order := longest(info)
	if result != porcupine.Ok {
		return nil, &verdict{
			What: "account " + name, Result: string(result), Placed: len(order), Of: len(history),
			Next: firstLeft(accountModel, history, order),
		}
	}
	return placesIn(order), nil
}

func placesIn(order []porcupine.Operation) places {
	states := []*account{newAccount()}
	found := places{}
	for _, one := range order {
		// The whole ledger's own order says when a snapshot was taken.
		if one.Metadata.(asked).of.snapshot != nil {
			continue
		}
		for _, each := range one.Input.(atOnce) {
			before := states[len(states)-1]
			_, after := each.step(before)
			found[each] = place{isWrite: after != before, before: len(states) - 1}
			if after != before {
				states = append(states, after)
			}
		}
	}
	for which, at := range found {
		if at.isWrite {
			continue
		}
		got := which.of.outcomes[which.index]
		for at.last = at.before; at.last+1 < len(states); at.last++ {
			state := states[at.last+1]
			if ok, after := state.step(which.request, got); !ok || after != state {
				break
			}
		}
		found[which] = at
	}
	return found
}

func longest(info porcupine.LinearizationInfo) (most []porcupine.Operation) {
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, order := range partition {
			if len(order) > len(most) {
				most = order
			}
		}
	}
	return most
}

// firstLeft describes the earliest answer that has no place in an order.
func firstLeft(model porcupine.Model, history, order []porcupine.Operation) string {
	placed := map[any]bool{}
	state := model.Init()
	for _, one := range order {
		placed[one.Metadata] = true
		_, state = model.Step(state, one.Input, one.Output)
	}
	left := []porcupine.Operation{}
	for _, one := range history {
		if !placed[one.Metadata] && one.Return < math.MaxInt64 {
			left = append(left, one)
		}
	}
	if len(left) == 0 {
		return ""
	}
	sort.Slice(left, func(i, j int) bool { return left[i].Return < left[j].Return })
	return fmt.Sprintf("after %s: %s",
		model.DescribeState(state), model.DescribeOperation(left[0].Input, left[0].Output))
}
