package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/campaign"
)

// campaignOptions are the flags of campaign run. Lists are parted by commas.
type campaignOptions struct {
	file string // the campaign's

	config, flow, list, from  string
	results, doNotCall, keep  string
	timezone, hours           string
	holidays, quiet           string
	rate                      string
	concurrent, attempts      uint
	busyAfter, noAnswerAfter  time.Duration
	skipBad, dryRun, simulate bool
	targets                   []string
	format                    string
}

// keptFlags are those that a campaign's file keeps; paths are made absolute.
func keptFlags() (flags, paths []string) {
	return []string{"config", "flow", "list", "from", "results", "do-not-call", "keep", "timezone", "hours", "holidays", "quiet", "rate", "concurrent", "attempts",
		"busy-after", "no-answer-after"}, []string{"config", "list", "results", "do-not-call"}
}

func newCampaignRun() *cobra.Command {
	o := campaignOptions{}
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Begin a campaign, or go on with it",
		Long: `Run calls the people on a list, and ends when nobody is left. It is a bot, too, that
answers calls as ivrflow run does; the configuration names both its flows.

FILE is the campaign's own: run makes it, writes down there whom it is about to
call, and goes on from there when it starts again, after a crash as well. Then the
flags need not be given again.

The list is CSV with a line of headings, or JSON lines. The column number (E.164)
or user says whom to call; timezone and language are known, too; the others are
parameters of the flow. All faults are listed, with their lines, before anybody is
called. --dry-run ends there.

Whoever is on the do-not-call list is not called, nor who told this bot so, at any
node: the action opt_out, as flows/opt_out uses it, keeps that in the store.

With --simulate nobody is called: people are simulated in this process, in virtual
time, and nothing is kept. --flow may be a file then, and no configuration is needed.

At SIGINT or SIGTERM nobody new is called, and run ends with the last live call; a
second signal ends it at once, and the next run goes on with the calls.

Exit codes: 0 everybody was called, 1 the list has faults, or people are left, 2
wrong use, 3 failure.`,
		Example: "  ivrflow campaign run try.campaign --simulate --flow reminder.ivr.yaml --list people.csv --timezone Europe/London\n" +
			"  ivrflow campaign run spring.campaign --flow reminder --list people.csv --from ACCOUNT --rate 20/m --dry-run\n  ivrflow campaign run spring.campaign",
		Args: arguments(1, 1, "the campaign's file, which it makes"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runCampaign(cmd, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "bot.yaml", "the bot's configuration file")
	f.StringVar(&o.flow, "flow", "", "the flow, by its name; with --simulate also its file")
	f.StringVar(&o.list, "list", "", "the list: CSV or JSON lines")
	f.StringVar(&o.from, "from", "", "object id of the resource account that calls; telephones are called by one")
	f.StringVar(&o.results, "results", "", "where the results go, FILE.csv or FILE.jsonl; the campaign's file, ending in .results.csv")
	f.StringVar(&o.doNotCall, "do-not-call", "", "who must not be called; do-not-call.txt beside the campaign's file")
	f.StringVar(&o.keep, "keep", "", "columns that are no parameters, to be copied into the results, such as customer,branch")
	f.StringVar(&o.timezone, "timezone", "", "of those whose row names none, such as Europe/London")
	f.StringVar(&o.hours, "hours", "Mo-Fr 09:00-20:00; Sa 10:00-16:00", "when people are called, on their own clocks; 24/7: always")
	f.StringVar(&o.holidays, "holidays", "", "regions on whose public holidays nobody is called, such as DE-BY")
	f.StringVar(&o.quiet, "quiet", "", "days on which nobody is called, such as 2026-12-24,2026-12-31")
	f.StringVar(&o.rate, "rate", "30/m", "calls begun a second, minute or hour at most: 2/s, 30/m, 600/h")
	f.UintVar(&o.concurrent, "concurrent", campaign.DefaultConcurrent, "calls at once; the app may have 100, calls that come in included")
	f.UintVar(&o.attempts, "attempts", 3, "how often one person is called at most")
	f.DurationVar(&o.busyAfter, "busy-after", 15*time.Minute, "when to call again if it was busy")
	f.DurationVar(&o.noAnswerAfter, "no-answer-after", 2*time.Hour, "when to call again if nobody answered")
	f.BoolVar(&o.skipBad, "skip-bad", false, "leave out rows with faults, and call the others")
	f.BoolVar(&o.dryRun, "dry-run", false, "check everything, and call nobody")
	f.BoolVar(&o.simulate, "simulate", false, "call simulated people in virtual time")
	f.StringArrayVar(&o.targets, "target", nil, "with --simulate: what somebody does, such as +442071838750=busy; may be given again")
	f.StringVar(&o.format, "format", "text", "text or json")
	words(cmd, "format", "text", "json")
	return cmd
}

func runCampaign(cmd *cobra.Command, o *campaignOptions) error {
	if err := oneFormat(o.format, "text", "json"); err != nil {
		return err
	}
	if !o.simulate {
		if err := o.recall(cmd); err != nil {
			return err
		}
	}
	if err := o.check(); err != nil {
		return err
	}
	o.results = cmp.Or(o.results, strings.TrimSuffix(o.file, ".campaign")+".results.csv")
	o.doNotCall = cmp.Or(o.doNotCall, filepath.Join(filepath.Dir(o.file), "do-not-call.txt"))
	if o.simulate {
		return simulateCampaign(cmd, o)
	}
	return realCampaign(cmd, o)
}

// recall takes flags that were not given from the campaign's file.
func (o *campaignOptions) recall(cmd *cobra.Command) error {
	saved, err := savedFlags(o.file)
	if err != nil {
		return failuref("%w", err)
	}
	for name, value := range saved {
		if f := cmd.Flags().Lookup(name); f != nil && !f.Changed && value != "" {
			if err := f.Value.Set(value); err != nil {
				return failuref("%s: --%s: %w", o.file, name, err)
			}
		}
	}
	return nil
}

// settings are the flags for the campaign's file.
func (o *campaignOptions) settings(cmd *cobra.Command) json.RawMessage {
	all := map[string]string{}
	flags, paths := keptFlags()
	for _, name := range flags {
		value := cmd.Flags().Lookup(name).Value.String()
		if full, err := filepath.Abs(value); err == nil && value != "" && slices.Contains(paths, name) {
			value = full
		}
		all[name] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic("campaign: texts that are no JSON: " + err.Error())
	}
	return text
}

func (o *campaignOptions) check() error {
	switch {
	case o.flow == "":
		return usagef("campaign run needs --flow: the flow that the people hear")
	case o.list == "":
		return usagef("campaign run needs --list: whom to call")
	case len(o.targets) > 0 && !o.simulate:
		return usagef("--target is for people who are simulated; give --simulate")
	case o.attempts < 1 || o.attempts > 20:
		return usagef("--attempts is 1 to 20, not %d", o.attempts)
	case o.concurrent < 1 || o.concurrent > campaign.Quota:
		return usagef("--concurrent is 1 to %d, the quota of an app, not %d", campaign.Quota, o.concurrent)
	case o.busyAfter < time.Second || o.noAnswerAfter < time.Second:
		return usagef("--busy-after and --no-answer-after are at least 1s")
	}
	if err := o.campaign(nil).Hours.Check(); err != nil {
		return usagef("%w", err)
	}
	_, err := o.every()
	return err
}

var rateForm = regexp.MustCompile(`^([0-9]{1,4})/(s|m|h)$`)

// every is the time between the beginnings of two calls.
func (o *campaignOptions) every() (time.Duration, error) {
	m := rateForm.FindStringSubmatch(o.rate)
	if m == nil {
		return 0, usagef("--rate takes calls a second, minute or hour, such as 2/s, 30/m or 600/h, not %q", o.rate)
	}
	n, _ := strconv.Atoi(m[1]) // it has the form
	if n == 0 {
		return 0, usagef("--rate %s calls nobody; ivrflow campaign pause does that", o.rate)
	}
	return map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[m[2]] / time.Duration(n), nil
}

// campaign is what package campaign needs, but for the phone and the clock.
func (o *campaignOptions) campaign(f *flow.Flow) campaign.Config {
	every, _ := o.every()                                                                                    // it was checked
	return campaign.Config{File: o.file, Flow: f, From: o.from, Every: every, Concurrent: int(o.concurrent), //nolint:gosec // at most 100
		Hours: campaign.Hours{Open: o.hours, Holidays: listed(o.holidays), Quiet: listed(o.quiet)},
		Retry: campaign.Retry{Attempts: int(o.attempts), Busy: o.busyAfter, NoAnswer: o.noAnswerAfter}} //nolint:gosec // at most 20
}

// listed are the items of a list with commas.
func listed(text string) []string {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// rows reads the list, and tells of its faults. With --dry-run that is all: over.
func (o *campaignOptions) rows(cmd *cobra.Command, f *flow.Flow, mayCall func(string) error, now time.Time) (rows []campaign.Row, over bool, err error) {
	src, err := os.ReadFile(o.list)
	if err != nil {
		return nil, false, failuref("%w", err)
	}
	rows, problems := campaign.ReadList(o.list, src, campaign.ListOptions{Flow: f, Zone: o.timezone, Keep: listed(o.keep), MayCall: mayCall})
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
	if len(problems) > 0 && (!o.skipBad || len(rows) == 0) {
		mend := ""
		if !o.skipBad && len(rows) > 0 {
			mend = "; --skip-bad leaves these rows out"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "ivrflow: %s in %s; nobody was called%s\n", plural(len(problems), "fault"), o.list, mend)
		return nil, true, exit(exitFindings)
	}
	if !o.dryRun {
		return rows, false, nil
	}
	plan, err := campaign.Preview(o.campaign(f), rows, campaign.NewDoNotCall(o.doNotCall), now)
	if err != nil {
		return nil, true, failuref("%w", err)
	}
	return nil, true, o.writePlan(cmd, plan)
}

// writePlan tells what would be done.
func (o *campaignOptions) writePlan(cmd *cobra.Command, p campaign.Plan) error {
	if o.format == "json" {
		return encode(cmd.OutOrStdout(), p)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s to call, %d of them now; %d on the do-not-call list\n", plural(p.Callable, "number"), p.Now, p.Unwanted)
	if p.Now == 0 && p.Callable > 0 {
		fmt.Fprintf(out, "the first call may be made %s\n", calldoc.Stamp(p.First))
	}
	if p.Callable > monthly {
		fmt.Fprintf(out, "an app has %d calls a month, as Graph documents it\n", monthly)
	}
	fmt.Fprintln(out, "nobody was called")
	return nil
}

// monthly is how many calls an app may make in a month:
// https://learn.microsoft.com/graph/throttling-limits
const monthly = 10_000

// flowNamed finds the flow among those of the configuration.
func flowNamed(cfg bot.Config, name string) (*flow.Flow, error) {
	var names []string
	for _, f := range cfg.Flows {
		if f.Name == name && f.Kind == flow.Outgoing {
			return f, nil
		}
		if f.Name == name {
			return nil, &exitError{exitFindings, fmt.Errorf("the flow %q is of kind %s; a campaign needs one of kind outgoing", name, f.Kind)}
		}
		names = append(names, f.Name)
	}
	return nil, usagef("--flow: the configuration has no flow %q%s", name, hint(name, names, "list its file under flows"))
}
