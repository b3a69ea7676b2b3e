package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
)

// The files of a practice.
const (
	plan    = "tomorrow.json"  // whom to call, and from which resource account
	answers = "answers.jsonl"  // what came of each call
	noCalls = "no-calls.jsonl" // who does not want to be called
)

// practice keeps its files in a folder. It is safe for concurrent use.
type practice struct {
	folder string
	mu     sync.Mutex // held while a line is written
}

// appointment is one to be reminded of.
type appointment struct {
	Number  string `json:"number"`
	Patient string `json:"patient"`
	At      string `json:"appointment"` // 2026-11-24T09:30:00Z
}

// due are the account that calls and the appointments to be reminded of, without
// those of people who do not want to be called.
func (p *practice) due() (from string, all []appointment, err error) {
	var file struct {
		From         string        `json:"from"`
		Appointments []appointment `json:"appointments"`
	}
	text, err := os.ReadFile(filepath.Join(p.folder, plan))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading %s: %w", plan, err)
	}
	left, err := os.ReadFile(filepath.Join(p.folder, noCalls))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("reading %s: %w", noCalls, err)
	}
	unwanted := map[string]bool{}
	for text := range strings.Lines(string(left)) {
		var o optOut
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return "", nil, fmt.Errorf("reading %s: %w", noCalls, err)
		}
		unwanted[o.Number] = true
	}
	for _, a := range file.Appointments {
		if !unwanted[a.Number] {
			all = append(all, a)
		}
	}
	return file.From, all, nil
}

// remindAll has everybody called who is due, one after another with a pause. What
// goes wrong is told on the standard error output.
func (p *practice) remindAll(ctx context.Context, dial func(context.Context, bot.Order) (bot.Started, error), pause time.Duration) {
	from, all, err := p.due()
	if err != nil {
		fmt.Fprintln(os.Stderr, "reminder:", err)
		return
	}
	for _, a := range all {
		_, err := dial(ctx, bot.Order{Flow: "appointments", From: from,
			Params: map[string]any{"number": a.Number, "patient": a.Patient, "appointment": a.At}})
		if err != nil {
			fmt.Fprintln(os.Stderr, "reminder:", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// answer is what came of a call.
type answer struct {
	Number string `json:"number"`
	At     string `json:"appointment"`
	Answer string `json:"answer"`
}

// optOut is somebody who does not want to be called.
type optOut struct {
	Number string `json:"number"`
}

// register makes the practice callable from the flows.
func register(b *bot.Bot, p *practice) error {
	return errors.Join(
		bot.RegisterAction(b, bot.Action[answer, struct{}]{Name: "note", Outcomes: []string{"ok"}, Do: p.note}),
		bot.RegisterAction(b, bot.Action[optOut, struct{}]{Name: "opt_out", Outcomes: []string{"ok"}, Do: p.optOut}),
	)
}

func (p *practice) note(_ context.Context, a answer) (struct{}, string, error) {
	return struct{}{}, "ok", p.add(answers, a)
}

// optOut may be done twice: who is in the file twice is not called either.
func (p *practice) optOut(_ context.Context, o optOut) (struct{}, string, error) {
	return struct{}{}, "ok", p.add(noCalls, o)
}

// add writes a line.
func (p *practice) add(file string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := os.OpenFile(filepath.Join(p.folder, file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	return nil
}
