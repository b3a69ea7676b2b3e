// Command frontdesk answers the telephone of a small company: a menu, people to
// hand callers over to, and a mailbox. What callers hear stands in
// frontdesk.ivr.yaml; where messages go is Go code, in inbox.go. Run it in this
// folder.
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
	err := serve(ctx, "bot.yaml", "inbox")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "frontdesk:", err)
		os.Exit(1)
	}
}

// serve answers calls until ctx is over. Messages go to the folder.
func serve(ctx context.Context, config, folder string) error {
	cfg, findings, err := bot.LoadConfig(config)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, findings)
	if findings.HasErrors() {
		return errors.New("the configuration has errors")
	}
	box, err := openInbox(folder)
	if err != nil {
		return err
	}
	defer func() { _ = box.Close() }() // nothing is buffered
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, box) })
}

// register makes the inbox callable from the flow. Name, inputs and outcomes
// are those of its actions: section.
func register(b *bot.Bot, box *inbox) error {
	return bot.RegisterAction(b, bot.Action[delivery, struct{}]{
		Name: "deliver", Outcomes: []string{"ok"}, Do: box.deliver,
	})
}
