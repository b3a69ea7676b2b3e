package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/runtime/fetch"
)

// settings are what can change while the bot runs. They are swapped whole, and
// not written after that.
type settings struct {
	given          Config // as the author gave it
	flows          map[string]*served
	routes         []Route
	phones         []string
	fetch          Fetcher
	recordingHosts []string
	drainFor       time.Duration
}

// served is a flow that new calls may run.
type served struct {
	flow   *flow.Flow
	config map[string]any // defaults filled in, never written
	kept   atomic.Bool    // the version is kept
}

// keep returns once a flow's version is kept, which it must be before a call
// begins with it.
func (b *Bot) keep(ctx context.Context, s *served) error {
	if s.kept.Load() {
		return nil
	}
	if err := b.versions.keep(ctx, s.flow); err != nil {
		return err
	}
	s.kept.Store(true)
	return nil
}

// keepAll keeps the versions that calls may begin with. Before, it notes that they
// are needed.
func (b *Bot) keepAll(ctx context.Context, s *settings) error {
	if err := b.noteVersions(ctx, b.settings.Load(), s); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.flows)) {
		if err := b.keep(ctx, s.flows[name]); err != nil {
			return err
		}
	}
	return nil
}

// Config is the configuration that holds, as it was given: to change some of it
// with [Bot.Reconfigure].
func (b *Bot) Config() Config { return b.settings.Load().given }

// SetFlows replaces the flows for calls that come from now on, and nothing else
// of the configuration: see [Bot.Reconfigure].
func (b *Bot) SetFlows(ctx context.Context, flows ...*flow.Flow) error {
	cfg := b.Config()
	cfg.Flows = flows
	_, err := b.Reconfigure(ctx, cfg)
	return err
}

// Reconfigure takes another configuration while the bot runs. Its flows, their
// FlowConfig and the Routes are for calls that come from now on: calls that live
// stay on the version they began with, and on the values they began with. Phones,
// HTTP, Fetch, Speech, RecordingHosts, DrainFor and Admin.Tokens hold for all calls from now on.
// Changes names what else differs and needs a restart; it stays as it is.
//
// All of it is taken or, with an error, nothing. When it returns the versions are
// kept, if the bot has where to keep them.
func (b *Bot) Reconfigure(ctx context.Context, cfg Config) (Changes, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	was := b.settings.Load()
	is, err := b.newSettings(cfg, was)
	if err == nil {
		err = b.checkActionsOf(is)
	}
	if err == nil {
		if err = b.keepAll(ctx, is); err != nil {
			err = fmt.Errorf("%w: %w", errNotKept, err)
		}
	}
	if err != nil {
		return Changes{}, fmt.Errorf("bot: %w", err)
	}
	b.adopt(is)
	b.markCurrent(ctx, is)
	return changesOf(b.made, was, is), nil
}

// errNotKept says that nothing is wrong with a configuration, but that its flows
// cannot be kept now.
var errNotKept = errors.New("the store does not take the versions of the flows")

// adopt has the settings hold.
func (b *Bot) adopt(is *settings) {
	b.library.speakWith(is.given.Speech)
	b.settings.Store(is)
}

// newSettings checks a configuration. The error names every fault.
func (b *Bot) newSettings(cfg Config, was *settings) (*settings, error) {
	is := &settings{given: cfg, flows: map[string]*served{}, routes: slices.Clone(cfg.Routes), phones: slices.Clone(cfg.Phones),
		recordingHosts: cfg.RecordingHosts, drainFor: cfg.DrainFor}
	if is.recordingHosts == nil {
		is.recordingHosts = []string{"*.microsoft.com", "*.skype.com"}
	}
	if is.drainFor == 0 {
		is.drainFor = 10 * time.Second
	}
	var errs []error
	var err error
	if is.fetch, err = b.fetcher(cfg, was); err != nil {
		return nil, err
	}
	if len(cfg.Flows) == 0 {
		errs = append(errs, errors.New("there is no flow"))
	}
	for _, f := range cfg.Flows {
		if is.flows[f.Name] != nil {
			errs = append(errs, fmt.Errorf("two flows are named %q", f.Name))
		}
		values, err := flowConfig(f, cfg.FlowConfig[f.Name])
		errs = append(errs, f.Runnable(), checkSpeech(cfg.Speech, f), checkRequests(is.fetch, f), err)
		is.flows[f.Name] = &served{flow: f, config: values}
	}
	errs = append(errs, is.checkRoutes(), cfg.Fallback.validate(), cfg.checkAdmin())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, s := range is.flows {
		s.flow = b.versions.add(s.flow)
	}
	return is, nil
}

// fetcher makes the requests of flows. One whose rules are the same goes on, with
// its connections and what it knows of hosts.
func (b *Bot) fetcher(cfg Config, was *settings) (Fetcher, error) {
	switch {
	case cfg.Fetch != nil:
		return cfg.Fetch, nil
	case was != nil && was.given.Fetch == nil && reflect.DeepEqual(was.given.HTTP, cfg.HTTP):
		return was.fetch, nil
	}
	if cfg.HTTP.Log == nil {
		cfg.HTTP.Log = b.cfg.Log
	}
	return fetch.New(cfg.HTTP)
}

func (s *settings) checkRoutes() error {
	var errs []error
	for i, r := range s.routes {
		switch to := s.flows[r.Flow]; {
		case (r.Elsewhere == "") == (r.Flow == ""):
			errs = append(errs, fmt.Errorf("route %d needs a flow or an address elsewhere, and not both", i+1))
		case r.Elsewhere == "" && r.Region != "":
			errs = append(errs, fmt.Errorf("route %d has a region, which only calls that are sent elsewhere have", i+1))
		case r.Elsewhere != "":
		case to == nil:
			errs = append(errs, fmt.Errorf("route %d leads to flow %q, which does not exist", i+1, r.Flow))
		case to.flow.Kind != flow.Incoming:
			errs = append(errs, fmt.Errorf("route %d leads to flow %q, which is of kind %s and takes no calls", i+1, r.Flow, to.flow.Kind))
		}
	}
	return errors.Join(errs...)
}

// checkSpeech refuses a flow whose texts nobody can speak.
func checkSpeech(s Speech, f *flow.Flow) error {
	if texts := f.Texts(); s == nil && len(texts) > 0 {
		return fmt.Errorf("flow %q speaks texts (%s), and no synthesiser is configured: set speech, or record the prompts",
			f.Name, strings.Join(texts, ", "))
	}
	if _, ok := readsSSML(s); ok {
		return nil
	}
	for _, e := range f.Spoken() {
		if e.SSML {
			return fmt.Errorf("flow %q has prompts in SSML (%s, %s), which the synthesiser does not read: set speech.ssml, or write the prompt without marks",
				f.Name, e.Key, e.Locale)
		}
	}
	return nil
}
