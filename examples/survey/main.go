// Command survey asks callers how their visit was. What they hear stands in
// visit.ivr.yaml and in the ready-made flows that it calls; where the answers go is
// Go code, in answers.go. Run it in this folder.
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
	err := serve(ctx, "bot.yaml", "answers.jsonl")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "survey:", err)
		os.Exit(1)
	}
}

// serve answers calls until ctx is over. Answers go to the file.
func serve(ctx context.Context, config, file string) error {
	cfg, findings, err := bot.LoadConfig(config)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, findings)
	if findings.HasErrors() {
		return errors.New("the configuration has errors")
	}
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, openAnswers(file)) })
}

// register makes the answers callable from the flow. Name and inputs are those of
// its actions: section.
func register(b *bot.Bot, a *answers) error {
	return bot.RegisterAction(b, bot.Action[answer, struct{}]{Name: "keep", Outcomes: []string{"ok"}, Do: a.keep})
}
