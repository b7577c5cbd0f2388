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
func (a asked) step(before *account, got outcome) (bool, *account) {
	if a.of.snapshot == nil {
		return before.step(a.request, got)
	}
	return before.standing() == a.of.snapshot.Accounts[a.request.Account], before
}

var accountModel = porcupine.Model{
	Init: func() any { return newAccount() },
	Step: func(state, input, output any) (bool, any) {
		return input.(asked).step(state.(*account), output.(outcome))
	},
	Equal: func(a, b any) bool { return a == b || reflect.DeepEqual(a, b) },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%v → %v", input.(asked).request, output.(outcome))
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
		if of.snapshot != nil {
			for name := range of.snapshot.Accounts {
				input := asked{Request{Kind: "snapshot", Account: name}, of, 0}
				accounts[name] = append(accounts[name], porcupine.Operation{
					ClientId: of.client, Input: input, Call: of.call,
					Output: outcome{}, Return: of.ret, Metadata: input,
				})
			}
			continue
		}
		for index, request := range of.requests {
			input := asked{request, of, index}
			accounts[request.Account] = append(accounts[request.Account], porcupine.Operation{
				ClientId: of.client, Input: input, Call: of.call,
				Output: of.outcomes[index], Return: of.ret, Metadata: input,
			})
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
		if one.Input.(asked).of.snapshot != nil {
			continue
		}
		before := states[len(states)-1]
		_, after := before.step(one.Input.(asked).request, one.Output.(outcome))
		found[one.Metadata.(asked)] = place{isWrite: after != before, before: len(states) - 1}
		if after != before {
			states = append(states, after)
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
