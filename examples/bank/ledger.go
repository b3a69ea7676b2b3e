package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"sync"
)

// maxWrong is how many wrong PINs in a row lock an account, over all calls.
const maxWrong = 5

// ledger stands in for the bank's own system: a few accounts in memory. It is
// safe for concurrent use, since calls run side by side.
type ledger struct {
	mu       sync.Mutex
	accounts map[string]*account // by number
}

type account struct {
	pin     string
	balance string // as flows know money: "1234.50 GBP"
	wrong   int    // PINs in a row
}

func newLedger() *ledger {
	return &ledger{accounts: map[string]*account{
		"12345674": {pin: "2718", balance: "1234.50 GBP"},
		"20481636": {pin: "161803", balance: "-7.05 GBP"},
	}}
}

// credentials are what the caller typed. Neither is ever logged: both are
// sensitive in the flow, and nothing here prints them.
type credentials struct {
	Account string `json:"account"`
	PIN     string `json:"pin"`
}

// verify compares the PIN. An unknown account is a wrong PIN too, so that
// nobody can find out by telephone which accounts there are.
func (l *ledger) verify(_ context.Context, c credentials) (struct{}, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accounts[c.Account]
	switch {
	case !ok:
		return struct{}{}, "wrong", nil
	case a.wrong >= maxWrong:
		return struct{}{}, "locked", nil
	case subtle.ConstantTimeCompare([]byte(a.pin), []byte(c.PIN)) == 1:
		a.wrong = 0
		return struct{}{}, "ok", nil
	}
	a.wrong++
	return struct{}{}, "wrong", nil
}

type enquiry struct {
	Account string `json:"account"`
}

type statement struct {
	Balance string `json:"balance"`
}

// balance looks the balance up. A real one asks over the network, and wraps
// bot.ErrTryAgain when that fails: the flow allows two more tries.
func (l *ledger) balance(_ context.Context, e enquiry) (statement, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accounts[e.Account]
	if !ok {
		return statement{}, "", errors.New("the account is not in the ledger")
	}
	return statement{Balance: a.balance}, "ok", nil
}
