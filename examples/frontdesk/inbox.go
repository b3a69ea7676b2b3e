package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// inbox is a folder with a note for each message that callers left. The audio
// lies with the bot's recordings, under the same name: NAME.json here, NAME.wav
// there. A real one sends a mail, or posts to a channel. It is safe for
// concurrent use.
type inbox struct {
	root *os.Root
	now  func() time.Time
	mu   sync.Mutex // held while a note is written
}

// openInbox opens the folder, and makes it if it is not there.
func openInbox(folder string) (*inbox, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("opening the inbox: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the inbox: %w", err)
	}
	return &inbox{root: root, now: time.Now}, nil
}

// Close ends the use of the folder.
func (b *inbox) Close() error { return b.root.Close() }

// delivery is what the flow hands over.
type delivery struct {
	Message string `json:"message"` // the recording's name
	Caller  string `json:"caller"`  // empty if the platform hides it
}

// note is what lies in the folder.
type note struct {
	delivery
	At time.Time `json:"at"`
}

// deliver writes the note. A message is delivered once, however often it is
// handed over: a caller may hang up while this runs, and then on_hangup does it
// again.
func (b *inbox) deliver(_ context.Context, d delivery) (struct{}, string, error) {
	if d.Message == "" {
		return struct{}{}, "", errors.New("there is no message to deliver")
	}
	text, err := json.Marshal(note{d, b.now().UTC()})
	if err != nil {
		return struct{}{}, "", fmt.Errorf("delivering %s: %w", d.Message, err)
	}
	if err := b.write(d.Message, append(text, '\n')); err != nil {
		return struct{}{}, "", fmt.Errorf("delivering %s: %w", d.Message, err)
	}
	return struct{}{}, "ok", nil
}

// write makes the note appear whole or not at all. One that is there stays.
func (b *inbox) write(name string, text []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	final, temp := name+".json", name+".part"
	if _, err := b.root.Stat(final); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := b.root.WriteFile(temp, text, 0o600); err != nil {
		return err
	}
	return b.root.Rename(temp, final)
}
