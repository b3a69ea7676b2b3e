package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

// joiner begins the flow in a meeting; it is bot.Bot.Join.
type joiner func(context.Context, bot.Order, graph.Join) (bot.Started, error)

// joinAll joins the meetings whose links, or ids, stand in r, one a line, each as
// soon as its line is there. What comes of it is told on w.
func joinAll(ctx context.Context, join joiner, r io.Reader, w io.Writer) {
	for lines := bufio.NewScanner(r); lines.Scan() && ctx.Err() == nil; {
		link := strings.TrimSpace(lines.Text())
		if link == "" {
			continue
		}
		meeting, err := graph.ParseJoinURL(link)
		if err == nil {
			_, err = join(ctx, bot.Order{Flow: "assistant"}, meeting)
		}
		if err != nil {
			fmt.Fprintln(w, "assistant:", err)
			continue
		}
		fmt.Fprintln(w, "assistant: on the way")
	}
}

// minutes is a file with a line of JSON for each recording. The audio lies with the
// bot's recordings. It is safe for concurrent use.
type minutes struct {
	file string
	mu   sync.Mutex // held while a line is written
}

// recorded is what the flow hands over.
type recorded struct {
	Recording string   `json:"minutes"` // its name
	People    []person `json:"people"`  // who is in the meeting at its end
}

// person is one of call.roster.
type person struct {
	Kind string `json:"kind"`
	Who  string `json:"who"`
	Name string `json:"name,omitempty"`
}

// register makes the list callable from the flow. Name and inputs are those of its
// actions: section.
func register(b *bot.Bot, m *minutes) error {
	return bot.RegisterAction(b, bot.Action[recorded, struct{}]{Name: "keep_minutes", Outcomes: []string{"ok"}, Do: m.keep})
}

// keep adds a recording to the file.
func (m *minutes) keep(_ context.Context, r recorded) (_ struct{}, outcome string, err error) {
	text, err := json.Marshal(r)
	if err != nil {
		return struct{}{}, "", fmt.Errorf("keeping %s: %w", r.Recording, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f, err := os.OpenFile(m.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.Write(append(text, '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return struct{}{}, "", fmt.Errorf("keeping %s: %w", r.Recording, err)
	}
	return struct{}{}, "ok", nil
}
