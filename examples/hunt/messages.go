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

// messages is a file with a line of JSON for each message. The audio lies with the
// bot's recordings. It is safe for concurrent use.
type messages struct {
	file string
	now  func() time.Time
	mu   sync.Mutex // held while a line is written
}

func openMessages(file string) *messages { return &messages{file: file, now: time.Now} }

// message is what the flow hands over.
type message struct {
	Recording string `json:"message"` // its name
	Caller    string `json:"caller"`  // empty if the platform hides it
}

// line is what stands in the file.
type line struct {
	At time.Time `json:"at"`
	message
}

// deliver adds a message to the file.
func (m *messages) deliver(_ context.Context, given message) (struct{}, string, error) {
	text, err := json.Marshal(line{m.now().UTC(), given})
	if err != nil {
		return struct{}{}, "", fmt.Errorf("delivering %s: %w", given.Recording, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := os.OpenFile(m.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return struct{}{}, "", fmt.Errorf("delivering %s: %w", given.Recording, err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return struct{}{}, "", fmt.Errorf("delivering %s: %w", given.Recording, err)
	}
	return struct{}{}, "ok", nil
}
