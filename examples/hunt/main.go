// Command hunt looks for somebody in a bicycle workshop who takes the call. What
// callers hear, and who is called, stands in workshop.ivr.yaml; where messages go is
// Go code, in messages.go. Run it in this folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, "bot.yaml", "messages.jsonl")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hunt:", err)
		os.Exit(1)
	}
}

// serve answers calls until ctx is over. Messages are listed in the file.
func serve(ctx context.Context, config, file string) error {
	cfg, findings, err := bot.LoadConfig(config)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, findings)
	if findings.HasErrors() {
		return errors.New("the configuration has errors")
	}
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, openMessages(file)) })
}

// register makes the list callable from the flow. Name and inputs are those of its
// actions: section.
func register(b *bot.Bot, m *messages) error {
	return bot.RegisterAction(b, bot.Action[message, struct{}]{Name: "deliver", Outcomes: []string{"ok"}, Do: m.deliver})
}
