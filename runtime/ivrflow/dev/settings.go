package dev

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// settings are the options, checked.
type settings struct {
	opts    Options
	caller  graphsim.Caller
	script  []element
	given   map[string][]string
	config  map[string]any
	http    *fetch.Config // nil: no request is sent
	targets map[string]graphsim.Behaviour

	oddities []graphsim.Oddity
}

// person says that no script acts.
func (s settings) person() bool { return s.opts.Script == "" && !s.opts.Fast }

// defaultCaller is a number that Ofcom keeps for fiction.
const defaultCaller = "+441632960123"

// newSettings checks the options. The error names every fault.
func newSettings(o Options) (settings, error) {
	s := settings{opts: o, given: map[string][]string{}, config: map[string]any{}, targets: map[string]graphsim.Behaviour{}}
	errs := []error{s.readParties(), s.readGiven(), s.readOddities(), s.readSpeech()}
	for _, c := range o.Config {
		name, value, ok := strings.Cut(c, "=")
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("--set %q: write name=value", c))
		}
		s.config[name] = value
	}
	for _, t := range o.Targets {
		errs = append(errs, s.readTarget(t))
	}
	var err error
	if s.script, err = parseScript(o.Script); err != nil {
		errs = append(errs, fmt.Errorf("--script: %w", err))
	}
	return s, errors.Join(errs...)
}

var (
	numberForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	guidForm   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

func (s *settings) readParties() error {
	var errs []error
	s.caller.ID = ivr.Party{Kind: ivr.PartyPhone, ID: defaultCaller}
	switch c := s.opts.Caller; {
	case c == "":
	case numberForm.MatchString(c):
		s.caller.ID.ID = c
	case guidForm.MatchString(c):
		s.caller.ID = ivr.Party{Kind: ivr.PartyUser, ID: c, Name: "Simulated Caller", Tenant: graphsim.DefaultTenant}
	default:
		errs = append(errs, fmt.Errorf("--caller %q: give a telephone number such as %s, or a user's object id", c, defaultCaller))
	}
	s.caller.Called = ivr.Party{Kind: ivr.PartyApplication, ID: graphsim.DefaultInstance}
	switch c := s.opts.Called; {
	case c == "":
	case numberForm.MatchString(c):
		s.caller.Called = ivr.Party{Kind: ivr.PartyPhone, ID: c}
	case guidForm.MatchString(c):
		s.caller.Called.ID = c
	default:
		errs = append(errs, fmt.Errorf("--called %q: give a telephone number such as +441632960100, or the object id of a resource account", c))
	}
	return errors.Join(errs...)
}

func (s *settings) readGiven() error {
	var errs []error
	for g := range strings.SplitSeq(strings.Join(s.opts.Given, ","), ",") {
		if g = strings.TrimSpace(g); g == "" {
			continue
		}
		name, outcomes, ok := strings.Cut(g, "=")
		list := strings.Split(outcomes, "|")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
			ok = ok && list[i] != ""
		}
		if !ok || name == "" {
			errs = append(errs, fmt.Errorf("--given %q: write action=outcome, or action=first|second", g))
			continue
		}
		s.given[strings.TrimSpace(name)] = list
	}
	return errors.Join(errs...)
}

func (s *settings) readTarget(text string) error {
	id, what, ok := strings.Cut(text, "=")
	if !ok || id == "" {
		return fmt.Errorf("--target %q: write ID=busy; also answers, no_answer, declined", text)
	}
	b, err := graphsim.ParseBehaviour(strings.TrimSpace(what))
	if err != nil {
		return fmt.Errorf("--target %q: %w", text, err)
	}
	id = strings.TrimSpace(id)
	if !numberForm.MatchString(id) && !guidForm.MatchString(id) {
		return fmt.Errorf("--target %q: give a telephone number such as %s, or an object id, before the =", text, defaultCaller)
	}
	s.targets[id] = b
	return nil
}

// readSpeech checks that the program that speaks can be run.
func (s *settings) readSpeech() error {
	command := s.opts.Speech
	if len(command) == 0 || len(command) == 1 && command[0] == "tones" {
		return nil
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return fmt.Errorf("--speech %s: %w", strings.Join(command, " "), err)
	}
	return nil
}
