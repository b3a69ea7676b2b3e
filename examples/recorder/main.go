// Command recorder is Microsoft's VoiceRecorderAndPlaybackBot as a flow: it
// records callers and plays back what they said. What callers hear stands in
// recorder.ivr.yaml; the numbers of the messages come from shelf.go. Run it in
// this folder.
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
	err := serve(ctx, "bot.yaml")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "recorder:", err)
		os.Exit(1)
	}
}

// serve answers calls until ctx is over.
func serve(ctx context.Context, config string) error {
	cfg, findings, err := bot.LoadConfig(config)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, findings)
	if findings.HasErrors() {
		return errors.New("the configuration has errors")
	}
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, newShelf()) })
}

// register makes the shelf callable from the flow. Name, inputs, outputs and
// outcomes are those of its actions: section.
func register(b *bot.Bot, s *shelf) error {
	return bot.RegisterAction(b, bot.Action[message, place]{
		Name: "keep", Outcomes: []string{"ok"}, Do: s.keep,
	})
}
