// Command simpleivr is Microsoft's SimpleIvrBot as a flow: a menu to three
// departments. What callers hear stands in simpleivr.ivr.yaml; when somebody is
// there is Go code, in hours.go. Run it in this folder.
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
		fmt.Fprintln(os.Stderr, "simpleivr:", err)
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
	office, err := newOffice("Europe/London")
	if err != nil {
		return err
	}
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, office) })
}

// register makes the office's hours callable from the flow. Name and outcomes
// are those of its actions: section.
func register(b *bot.Bot, o *office) error {
	return bot.RegisterAction(b, bot.Action[struct{}, struct{}]{
		Name: "office_hours", Outcomes: []string{"open", "closed"}, Do: o.hours,
	})
}
