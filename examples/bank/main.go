// Command bank answers the telephone of a bank. What callers hear and which
// keys do what stands in bank_balance.ivr.yaml; what the flow asks of the bank's
// own systems is Go code, in ledger.go. Run it in this folder.
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
		fmt.Fprintln(os.Stderr, "bank:", err)
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
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, newLedger()) })
}

// register makes the ledger's answers callable from the flow. Names, inputs and
// outcomes are those of its actions: section.
func register(b *bot.Bot, l *ledger) error {
	return errors.Join(
		bot.RegisterAction(b, bot.Action[credentials, struct{}]{
			Name: "verify", Outcomes: []string{"ok", "wrong", "locked"}, Do: l.verify,
		}),
		bot.RegisterAction(b, bot.Action[enquiry, statement]{
			Name: "get_balance", Outcomes: []string{"ok"}, Do: l.balance,
		}),
	)
}
