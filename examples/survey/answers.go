package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// answers is a file with a line of JSON for each caller. It is safe for
// concurrent use.
type answers struct {
	file string
	now  func() time.Time
	mu   sync.Mutex // held while a line is written
}

func openAnswers(file string) *answers { return &answers{file: file, now: time.Now} }

// answer is what the flow hands over.
type answer struct {
	Scores  []int   `json:"scores"`            // from 1 to 5, one a question; 0 for one that was skipped
	Average float64 `json:"average"`           // of those from 1 to 5; 0 if there are none
	Message string  `json:"message,omitempty"` // a recording's name; its audio lies with the bot's recordings
}

// line is what stands in the file.
type line struct {
	At time.Time `json:"at"`
	answer
}

// keep adds a caller's answers to the file.
func (a *answers) keep(_ context.Context, given answer) (struct{}, string, error) {
	text, err := json.Marshal(line{a.now().UTC(), given})
	if err != nil {
		return struct{}{}, "", fmt.Errorf("keeping the answers: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := os.OpenFile(a.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return struct{}{}, "", fmt.Errorf("keeping the answers: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return struct{}{}, "", fmt.Errorf("keeping the answers: %w", err)
	}
	return struct{}{}, "ok", nil
}
