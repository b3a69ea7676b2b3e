// Command reminder calls patients the day before an appointment. What they hear
// stands in appointments.ivr.yaml and in the ready-made flows that it calls; whom
// to call and where the answers go is Go code, in practice.go. Run it in this folder.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, "bot.yaml", ".")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "reminder:", err)
		os.Exit(1)
	}
}

// serve calls whoever is listed in the folder, a call every two seconds, and
// serves until ctx is over.
func serve(ctx context.Context, config, folder string) (err error) {
	cfg, findings, err := bot.LoadConfig(config)
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, findings)
	if findings.HasErrors() {
		return errors.New("the configuration has errors")
	}
	kept, err := keep.Open(ctx, &cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	b, err := bot.New(cfg)
	if err != nil {
		return err
	}
	p := &practice{folder: folder}
	if err := register(b, p); err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr) // before the first call: Graph reports here
	if err != nil {
		return err
	}
	go p.remindAll(ctx, b.Dial, 2*time.Second)
	return b.Serve(ctx, l)
}
