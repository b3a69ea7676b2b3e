package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

func newRun() *cobra.Command {
	o := runOptions{config: "bot.yaml"}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Answer calls",
		Long: `Run answers the calls of a bot that is registered with Microsoft Teams, as its
configuration file says. It checks the configuration and all flows first, and
starts only if nothing is wrong. Flows whose actions are Go code, and flows of
kind outgoing, need a program of your own: see ivrflow help start.

At SIGHUP it reads the configuration and the flows again; with --watch, or
reload: watch in the configuration, also when one of the files has changed. Calls
that come later run the new versions, those that live stay on theirs. Files with
errors change nothing, and the log says why (ivrflow help operations).

Calls are kept in ivrflow.db beside the configuration file, or where store says.
A process that starts again goes on with them. One process has the file to
itself.

With --node it is one of several processes (nodes) that answer for one bot
behind a load balancer, on the PostgreSQL database at URL. That needs nothing
but the database, version 15 or later, and the same key in the configuration of
all nodes. A password does not belong on a command line: put it into PGPASSWORD
or a password file, or write store into the configuration. See ivrflow help
store.

At SIGINT or SIGTERM it ends. Calls in a store stay there: the other nodes go on
with them, or the next start does. Calls in memory may go on for the configured
time (drain). A second signal ends it at once.

Calls come in at PUBLIC_URL/api/calls; /healthz and /readyz tell its state.
Logs go to standard error.`,
		Example: "  IVRFLOW_SECRET=... ivrflow run --config bot.yaml\n  ivrflow run --node postgres://ivrflow@db.example.com/ivrflow",
		Args:    arguments(0, 0, "its flows from the configuration, no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, o) },
	}
	cmd.Flags().StringVar(&o.config, "config", o.config, "the bot's configuration file")
	cmd.Flags().StringVar(&o.node, "node", "", "be one of several nodes on the PostgreSQL database at this URL")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "read the files again when they change")
	return cmd
}

type runOptions struct {
	config string
	node   string
	watch  bool
}

func run(cmd *cobra.Command, o runOptions) error {
	stderr, name := cmd.ErrOrStderr(), o.config
	if o.node == "" && cmd.Flags().Changed("node") { // such as a variable that is not set
		return usagef("--node is empty; give the address of the database, such as postgres://ivrflow@db.example.com/ivrflow")
	}
	at, err := nodeStore(stderr, o.node)
	if err != nil {
		return err
	}
	loader := bot.ConfigLoader{LogTo: stderr, StoreAt: at, Files: &bot.Files{}}
	cfg, list, err := loader.Load(name)
	if err != nil {
		return failuref("%w%s", err, noConfig(cmd, err))
	}
	r := &report{}
	if src, err := os.ReadFile(name); err == nil {
		r.keep(name, bot.MaskSecrets(name, src, list))
	}
	if err := r.print(stderr, list); err != nil {
		return failuref("writing the findings: %w", err)
	}
	if list.HasErrors() {
		return exit(exitFindings)
	}
	if err := runnable(&cfg); err != nil {
		return err
	}
	kept, err := openStore(cmd.Context(), &cfg)
	if err != nil {
		return err
	}
	ctx, stop := kept.Context(cmd.Context())
	defer stop()
	reloads := bot.Reloads{Path: name, Loader: loader, Prepare: runnable, Watch: o.watch || cfg.Watch}
	return closeStore(kept, answer(ctx, cfg, reloads))
}

// answer answers calls until the context is over.
func answer(ctx context.Context, cfg bot.Config, r bot.Reloads) error {
	b, err := bot.New(cfg)
	if err == nil {
		err = registerOptOut(b)
	}
	if err == nil {
		stop := follow(ctx, b, r)
		err = serve(ctx, b, cfg)
		stop()
	}
	if err == nil && errors.Is(context.Cause(ctx), keep.ErrFailed) {
		err = keep.ErrFailed
	}
	if err != nil {
		return failuref("%w", err)
	}
	return nil
}

// follow has the bot read its configuration again at SIGHUP, and when it changes
// if that is wanted. What it returns ends that.
func follow(ctx context.Context, b *bot.Bot, r bot.Reloads) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	hangups := make(chan os.Signal, 1) // those that come while one is served are one
	signal.Notify(hangups, syscall.SIGHUP)
	r.Now = hangups
	var following sync.WaitGroup
	following.Go(func() { b.Follow(ctx, r) })
	return func() {
		signal.Stop(hangups)
		cancel()
		following.Wait()
	}
}

// runnable refuses what only a program of its own can run.
func runnable(cfg *bot.Config) error {
	if err := withoutActions(*cfg); err != nil {
		return err
	}
	return startable(cfg)
}

// noConfig is what to do if there is no configuration and none was named.
func noConfig(cmd *cobra.Command, err error) string {
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("config") {
		return "; write one (ivrflow help configuration), or name one with --config"
	}
	return ""
}

// withoutActions refuses flows that need Go code which this program has not, and
// opt_out where it would be forgotten.
func withoutActions(cfg bot.Config) error {
	var needs []string
	for _, f := range cfg.Flows {
		for _, action := range slices.Sorted(maps.Keys(f.Actions)) {
			switch {
			case f.Actions[action].HTTP != nil:
				continue
			case action == optOut && cfg.StoreAt.Kind == bot.StoreMemory:
				return &exitError{exitFindings, fmt.Errorf("the action opt_out of flow %s keeps in the store who wants no more calls, and store: memory forgets that; let store be a file or PostgreSQL", f.Name)}
			case action == optOut:
				continue
			}
			needs = append(needs, fmt.Sprintf("%s of flow %s", action, f.Name))
		}
	}
	if len(needs) == 0 {
		return nil
	}
	return &exitError{exitFindings, fmt.Errorf("ivrflow run has no Go code for the action %s; write a program that embeds the bot and registers it with bot.RegisterAction",
		strings.Join(needs, ", "))}
}

// startable refuses flows that nothing starts: those of kind outgoing without the admin
// API, and all meetings.
func startable(cfg *bot.Config) error {
	for _, f := range cfg.Flows {
		how := ""
		switch {
		case f.Kind == flow.Outgoing && cfg.Admin.Listen == "":
			how = "call people with ivrflow campaign, start it over the admin API (ivrflow help api), or write a program that embeds the bot and starts it with Dial (ivrflow help start)"
		case f.Kind == flow.Meeting:
			how = "write a program that embeds the bot and starts it with Join (ivrflow help meetings)"
		default:
			continue
		}
		return &exitError{exitFindings, fmt.Errorf("nothing here starts the flow %q, which is of kind %s; %s", f.Name, f.Kind, how)}
	}
	return nil
}

func serve(ctx context.Context, b *bot.Bot, cfg bot.Config) error {
	addr := cfg.Addr
	if addr == "" {
		addr = bot.DefaultAddr
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return b.Serve(ctx, l)
}
