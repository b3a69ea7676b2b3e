package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/campaign"
	"github.com/ivrflow/ivrflow/runtime/keep"
)

// realCampaign calls people.
func realCampaign(cmd *cobra.Command, o *campaignOptions) (err error) {
	cfg, f, err := campaignConfig(cmd, o)
	if err != nil {
		return err
	}
	rows, over, err := o.rows(cmd, f, cfg.MayCall, time.Now())
	if over || err != nil {
		return err
	}
	if o.from == "" && slices.ContainsFunc(rows, func(r campaign.Row) bool { return r.Target.Kind == ivr.PartyPhone }) {
		return usagef("campaign run needs --from: telephones are called by a resource account, whose object id that is")
	}
	if cfg.StoreAt.Kind == bot.StoreMemory {
		return &exitError{exitFindings, errors.New("the configuration keeps calls in memory, so that a crash would lose whom a campaign has called; let store be a file or PostgreSQL")}
	}
	kept, err := openStore(cmd.Context(), &cfg)
	if err != nil {
		return err
	}
	ctx, stop := kept.Context(cmd.Context())
	defer stop()
	return closeStore(kept, callAll(ctx, cmd, o, cfg, work{f, rows}))
}

// campaignConfig reads the configuration, and finds the flow in it.
func campaignConfig(cmd *cobra.Command, o *campaignOptions) (bot.Config, *flow.Flow, error) {
	stderr := cmd.ErrOrStderr()
	cfg, list, err := bot.ConfigLoader{LogTo: stderr}.Load(o.config)
	if err != nil {
		return cfg, nil, failuref("%w%s", err, noConfig(cmd, err))
	}
	r := &report{}
	if src, err := os.ReadFile(o.config); err == nil {
		r.keep(o.config, bot.MaskSecrets(o.config, src, list))
	}
	if err := r.print(stderr, list); err != nil {
		return cfg, nil, failuref("writing the findings: %w", err)
	}
	if list.HasErrors() {
		return cfg, nil, exit(exitFindings)
	}
	f, err := flowNamed(cfg, o.flow)
	if err == nil {
		err = withoutActions(cfg)
	}
	return cfg, f, err
}

// optOut is the action that takes a number off, see flows/opt_out. It is here.
const optOut = "opt_out"

type optOutInput struct {
	Number string `json:"number"`
}

// registerOptOut has the bot note in its store who wants no more calls; a campaign that
// another node runs puts him on its list.
func registerOptOut(b *bot.Bot) error {
	return bot.RegisterAction(b, bot.Action[optOutInput, struct{}]{Name: optOut, Outcomes: []string{"ok"},
		Do: func(ctx context.Context, in optOutInput) (struct{}, string, error) {
			number, err := campaign.ParseNumber(in.Number)
			if err == nil {
				err = b.OptOut(ctx, number)
			}
			return struct{}{}, "ok", err
		}})
}

// work is who is to be called, and with which flow.
type work struct {
	flow *flow.Flow
	rows []campaign.Row
}

// callAll runs the bot for as long as the campaign takes.
func callAll(ctx context.Context, cmd *cobra.Command, o *campaignOptions, cfg bot.Config, w work) error {
	unwanted := campaign.NewDoNotCall(o.doNotCall)
	b, err := bot.New(cfg)
	if err == nil {
		err = registerOptOut(b)
	}
	if err != nil {
		return failuref("%w", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx)) // calls that live are seen to their end
	defer stop()
	served := make(chan error, 1)
	go func() { served <- serve(serving, b, cfg) }()
	if err := opened(b, served); err != nil {
		return failuref("%w", err)
	}
	c := o.campaign(w.flow)
	c.Phone, c.Now, c.DoNotCall, c.Kept, c.Settings = campaign.OfBot(b, cfg.DB), time.Now, unwanted, cfg.Retention.Calls, o.settings(cmd)
	left, err := o.walk(cmd, c, w.rows, realTime{ctx, served})
	stop()
	if closing := <-served; err == nil && closing != nil {
		err = closing
	}
	switch {
	case errors.Is(context.Cause(ctx), keep.ErrFailed):
		return failuref("%w", keep.ErrFailed)
	case err != nil:
		return failuref("%w", err)
	case left:
		return exit(exitFindings)
	}
	return nil
}

// opened waits until the bot has taken up its calls.
func opened(b *bot.Bot, served chan error) error {
	for b.Calls().MaySend() != nil {
		select {
		case err := <-served:
			served <- nil
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// pace is how time passes between the steps of a campaign.
type pace interface {
	// wait lets time pass. go on is false if nobody new is to be called any more. An
	// error ends the campaign at once.
	wait(d time.Duration) (goOn bool, err error)
}

// realTime is the wall's.
type realTime struct {
	ctx    context.Context //nolint:containedctx // the process's
	served chan error
}

func (r realTime) wait(d time.Duration) (bool, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	stopped := r.ctx.Done()
	if r.ctx.Err() != nil {
		stopped = nil // it is known
	}
	select {
	case <-timer.C:
	case <-stopped:
	case err := <-r.served:
		r.served <- nil
		if err == nil {
			err = errors.New("the bot has ended")
		}
		return false, err
	}
	return r.ctx.Err() == nil, nil
}

// walk runs a campaign step by step, and says whether anybody is left.
func (o *campaignOptions) walk(cmd *cobra.Command, c campaign.Config, rows []campaign.Row, p pace) (left bool, err error) {
	show := &progress{out: cmd.OutOrStdout(), json: o.format == "json", total: len(rows), count: map[campaign.Outcome]int{}, past: true}
	show.bar = !show.json && terminal(show.out)
	if o.results != "" {
		if show.results, err = newResults(o.results, c.Flow, listed(o.keep)); err != nil {
			return true, err
		}
		defer func() { err = errors.Join(err, show.err, show.results.close()) }()
	}
	c.Ended = show.ended
	c.Trouble = func(err error) { fmt.Fprintln(cmd.ErrOrStderr(), "ivrflow:", err) }
	run, err := campaign.Open(c, rows)
	if err != nil {
		return true, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	if show.past = false; show.results != nil {
		if err := show.results.ready(); err != nil {
			return true, err
		}
	}
	left, err = steps(cmd.Context(), run, show, p, cmd.ErrOrStderr())
	show.finish(run.Counts())
	return left, err
}

// steps goes on until nobody is left, or until the last call has ended after the
// process was told to stop.
func steps(ctx context.Context, run *campaign.Campaign, show *progress, p pace, stderr io.Writer) (left bool, err error) {
	ctx = context.WithoutCancel(ctx)
	for goOn := ctx.Err() == nil; ; {
		wait, done, err := run.Step(ctx, goOn)
		if err != nil || done {
			return err != nil, err
		}
		state := ""
		if !goOn {
			if run.Counts().Live == 0 {
				return true, nil
			}
			state = ", stopping"
		}
		show.show(run.Counts(), state)
		more, err := p.wait(wait)
		if err != nil {
			return true, err
		}
		if goOn && !more && run.Counts().Live > 0 {
			fmt.Fprintf(stderr, "ivrflow: stopping: nobody new is called; %s to be seen to the end, unless you stop once more\n", plural(run.Counts().Live, "live call"))
		}
		goOn = more
	}
}
