// Command callback answers a help desk's calls, and calls back those for whom nobody
// was free. What they hear stands in helpdesk.ivr.yaml and call_back.ivr.yaml; the
// order to call back is Go code, below. Run it in this folder.
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

// account is the resource account with the telephone number from which people are
// called. Replace it with your own.
const account = "5f0c7c7e-0000-4000-8000-000000000007"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, "bot.yaml")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "callback:", err)
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
	return keep.Run(ctx, cfg, func(b *bot.Bot) error { return register(b, b.Dial) })
}
