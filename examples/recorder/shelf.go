package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
)

// firstNumber has four digits, like those that follow it for long.
const firstNumber = 1001

// shelf gives messages numbers that can be said on the telephone. The numbers
// are kept in memory and begin anew with the process; the audio lies in the
// bot's recordings folder and stays. It is safe for concurrent use.
type shelf struct {
	mu      sync.Mutex
	numbers map[string]string // by the recording's name
}

func newShelf() *shelf { return &shelf{numbers: map[string]string{}} }

type message struct {
	Name string `json:"message"` // the recording's
}

type place struct {
	Number string `json:"number"`
}

// keep gives the message a number. It is the same however often the message is
// handed over: a caller may hang up while this runs, and then on_hangup does it
// again.
func (s *shelf) keep(_ context.Context, m message) (place, string, error) {
	if m.Name == "" {
		return place{}, "", errors.New("there is no message to keep")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok := s.numbers[m.Name]
	if !ok {
		number = strconv.Itoa(firstNumber + len(s.numbers))
		s.numbers[m.Name] = number
	}
	return place{Number: number}, "ok", nil
}
