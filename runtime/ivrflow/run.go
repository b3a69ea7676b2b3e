package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
)

func newRun() *cobra.Command {
	config := "bot.yaml"
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Answer calls",
		Long: `Run answers the calls of a bot that is registered with Microsoft Teams, as its
configuration file says. It checks the configuration and all flows first, and
starts only if nothing is wrong. Flows whose actions are Go code, and flows of
kind outgoing, need a program of your own: see ivrflow help start.

At SIGINT or SIGTERM it takes no new calls, lets the live ones go on for the
configured time (drain), and ends. A second signal ends it at once.

Calls come in at PUBLIC_URL/api/calls; /healthz and /readyz tell its state.
Logs go to standard error.`,
		Example: "  IVRFLOW_SECRET=... ivrflow run --config bot.yaml",
		Args:    arguments(0, 0, "its flows from the configuration, no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd, config) },
	}
	cmd.Flags().StringVar(&config, "config", config, "the bot's configuration file")
	return cmd
}

func run(cmd *cobra.Command, name string) error {
	stderr := cmd.ErrOrStderr()
	cfg, list, err := bot.ConfigLoader{LogTo: stderr}.Load(name)
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
	if err := withoutActions(cfg.Flows); err != nil {
		return err
	}
	if err := withoutOutgoing(cfg.Flows); err != nil {
		return err
	}
	b, err := bot.New(cfg)
	if err != nil {
		return failuref("%w", err)
	}
	return serve(cmd, b, cfg)
}

// noConfig is what to do if there is no configuration and none was named.
func noConfig(cmd *cobra.Command, err error) string {
	if errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed("config") {
		return "; write one (ivrflow help configuration), or name one with --config"
	}
	return ""
}

// withoutActions refuses flows that need Go code, which this program has not.
func withoutActions(flows []*flow.Flow) error {
	var needs []string
	for _, f := range flows {
		for _, action := range slices.Sorted(maps.Keys(f.Actions)) {
			if f.Actions[action].HTTP != nil {
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

// withoutOutgoing refuses flows that a program starts, which this one never does.
func withoutOutgoing(flows []*flow.Flow) error {
	for _, f := range flows {
		if f.Kind == flow.Outgoing {
			return &exitError{exitFindings, fmt.Errorf("ivrflow run only answers calls, and the flow %q is of kind outgoing; write a program that embeds the bot and starts it with Dial (ivrflow help start)", f.Name)}
		}
	}
	return nil
}

// serve answers calls until the context is over.
func serve(cmd *cobra.Command, b *bot.Bot, cfg bot.Config) error {
	addr := cfg.Addr
	if addr == "" {
		addr = bot.DefaultAddr
	}
	l, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", addr)
	if err != nil {
		return failuref("listening: %w", err)
	}
	if err := b.Serve(cmd.Context(), l); err != nil {
		return failuref("%w", err)
	}
	return nil
}
