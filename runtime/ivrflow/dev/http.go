package dev

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/fetch"
	"github.com/ivrflow/ivrflow/testkit"
)

// readBot takes the hosts, the secrets and the flow's values of a bot's
// configuration. What is not on this machine is told.
func (s *settings) readBot(flowName string, stderr io.Writer) error {
	switch {
	case s.opts.Bot == "":
		return nil
	case s.opts.Fast:
		return errors.New("--fast plays in virtual time, in which nobody can be asked; leave --config out, or --fast")
	}
	cfg, list, err := bot.ConfigLoader{CheckOnly: true}.Load(s.opts.Bot)
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	if len(list) > 0 {
		fmt.Fprintln(stderr, list)
	}
	if list.HasErrors() {
		return fmt.Errorf("--config %s has errors", s.opts.Bot)
	}
	s.http = &cfg.HTTP
	for name, v := range cfg.FlowConfig[flowName] {
		if _, given := s.config[name]; !given {
			s.config[name] = v
		}
	}
	return nil
}

// fetcher makes the flow's requests: a real one if there is a configuration,
// else one that answers itself.
func (d *desk) fetcher() (bot.Fetcher, error) {
	if d.set.http == nil {
		return standInFetcher{d.stand}, nil
	}
	return fetch.New(*d.set.http)
}

// unasked says which hosts are not asked although the flow wants them, and what
// is missing for that.
func (d *desk) unasked(f *flow.Flow) []string {
	if d.set.http != nil {
		return nil
	}
	hosts := map[string]bool{}
	for _, asking := range f.Requests() {
		origin := asking.Request.URL[0].Text
		if i := strings.IndexAny(origin[len("https://"):], "/?"); i >= 0 {
			origin = origin[:len("https://")+i]
		}
		hosts[origin] = true
	}
	told := make([]string, 0, len(hosts))
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		told = append(told, host+" is not asked: no configuration allows it, so dev answers itself (--config bot.yaml with hosts, and secrets if any, asks it)")
	}
	return told
}

// standInFetcher answers the requests of a flow, and sends none.
type standInFetcher struct{ *standIns }

// Check allows everything: nothing is sent.
func (standInFetcher) Check(fetch.Request) error { return nil }

func (s standInFetcher) Do(_ context.Context, r fetch.Request) (fetch.Response, error) {
	s.mu.Lock()
	f := s.flow
	s.mu.Unlock()
	res := fetch.Response{Method: r.Method, Tries: 1}
	answer, err := s.answer(f, r.Step)
	switch {
	case err != nil:
		return res, err
	case answer.Failed:
		return res, &fetch.Error{Kind: fetch.ErrConnect, Reason: ivr.ReasonUnreachable, Detail: "as --given says"}
	}
	res.Status = cmp.Or(answer.Status, http.StatusOK)
	if answer.JSON != nil {
		res.Body, res.JSON = fetch.BodyJSON, answer.JSON
	}
	return res, nil
}

// answer is what a step of the flow gets.
func (s standInFetcher) answer(f *flow.Flow, name string) (testkit.HTTPReply, error) {
	m, step := f.Named(name)
	if step != nil {
		switch spec := step.Spec.(type) {
		case *flow.HTTP:
			return s.answerStep(m, name, spec), nil
		case *flow.Do:
			out, outcome, err := s.play(spec.Action.Name)
			if err != nil {
				outcome = "failed"
			}
			return testkit.AnswerOf(spec.Action, testkit.Reply{Outcome: outcome, Out: out}), nil
		default:
		}
	}
	return testkit.HTTPReply{}, fmt.Errorf("the flow has no step %q that asks any more", name)
}

// answerStep is what an http step of a flow gets: the given status, or plausible values.
func (s standInFetcher) answerStep(f *flow.Flow, name string, h *flow.HTTP) testkit.HTTPReply {
	s.mu.Lock()
	n := s.used[name]
	s.used[name]++
	told := s.told
	s.mu.Unlock()
	outcome := "200"
	if list := s.given[name]; len(list) > 0 {
		outcome = list[min(n, len(list)-1)]
	}
	if outcome == "failed" {
		told(name, "failed, as given", "STATUS")
		return testkit.HTTPReply{Failed: true}
	}
	reply := testkit.HTTPReply{}
	reply.Status, _ = strconv.Atoi(strings.Replace(outcome, "ok", "200", 1))
	parts, shown := map[string]any{}, []string{}
	for _, part := range slices.Sorted(maps.Keys(h.Into)) {
		v := f.Vars[h.Into[part]]
		parts[part] = s.plausible(v)
		value := parts[part]
		if v.Sensitive != flow.NotSensitive {
			value = "(hidden)"
		}
		shown = append(shown, fmt.Sprintf("%s: %v", part, value))
	}
	if reply.Status < 300 {
		reply.JSON = testkit.BodyOf(parts)
		if len(shown) > 0 {
			outcome += " {" + strings.Join(shown, ", ") + "}"
		}
	}
	told(name, outcome, "STATUS")
	return reply
}

// requestStep is the http step of a name, nil if there is none.
func requestStep(f *flow.Flow, name string) *flow.HTTP {
	if _, s := f.Named(name); s != nil {
		h, _ := s.Spec.(*flow.HTTP)
		return h
	}
	return nil
}

// checkStatuses refuses answers of an http step that are none.
func checkStatuses(name string, outcomes []string) error {
	for _, o := range outcomes {
		status, err := strconv.Atoi(o)
		if o != "ok" && o != "failed" && (err != nil || status < 200 || status > 599) {
			return fmt.Errorf("--given %s=%s: an http step is answered with a status such as 404, with ok, or failed", name, o)
		}
	}
	return nil
}
