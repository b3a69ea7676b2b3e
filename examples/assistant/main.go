// Command assistant joins the meetings whose links it reads, one a line. What it does
// there stands in assistant.ivr.yaml; the rest is in meetings.go. Run it in this folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

func main() {
	config := flag.String("config", "bot.yaml", "the bot's configuration")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, *config, "minutes.jsonl")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "assistant:", err)
		os.Exit(1)
	}
}

// serve joins the meetings of the standard input, and serves until ctx is over.
// Recordings are listed in the file.
func serve(ctx context.Context, config, file string) (err error) {
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
	if err == nil {
		err = register(b, &minutes{file: file})
	}
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr) // before the first meeting: Graph tells of it here
	if err != nil {
		return err
	}
	go joinAll(ctx, b.Join, os.Stdin, os.Stderr)
	return b.Serve(ctx, l)
}
