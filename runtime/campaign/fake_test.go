package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const reminder = `
ivr: 1
flow: reminder
kind: outgoing
locales: [en-GB, de-DE]
params:
  number: {type: phone}
  name: {type: string, default: Ann}
  sum: {type: number, default: 1}
  vip: {type: bool, default: false}
start: main
states:
  main:
    - tag: {name: who, text: "${name} ${sum} ${vip}"}
    - dial: {phone: "${number}", ring: 20s}
      answered: end
      failed: end
`

func loadFlow(t *testing.T, src string) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"r.ivr.yaml": {Data: []byte(src)}}, "r.ivr.yaml")
	if f == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// session is one of a fake bot.
type session struct {
	number string
	over   time.Time
	o      bot.Outgoing
}

// fakePhone is a bot, its store and the people whom it calls.
type fakePhone struct {
	now      func() time.Time
	behave   map[string][]string // by number: "busy", "no_answer", ..., one a call; none: answered
	lasts    time.Duration
	sessions map[ivr.SessionID]*session
	known    map[string]bool
	calls    []string // "10:00:00 +44..."
	errs     []error  // of the next Dial, before it does anything
	late     error    // of the next Dial, after it has
	blind    error    // of Outgoing
	optedOut map[string]bool
	others   int // live calls that are not the campaign's
	most     int // live at once
}

func (p *fakePhone) Dial(_ context.Context, o bot.Order) (bot.Started, error) {
	if len(p.errs) > 0 {
		err := p.errs[0]
		p.errs = p.errs[1:]
		return bot.Started{}, err
	}
	if p.sessions[o.Session] != nil {
		return bot.Started{Session: o.Session}, nil
	}
	number := o.Params["number"].(string)
	s := &session{number: number, over: p.now().Add(p.lasts), o: bot.Outgoing{Summary: store.Summary{Session: o.Session, Started: p.now()}, Dialled: "answered"}}
	n := 0
	for _, c := range p.calls {
		if strings.HasSuffix(c, number) {
			n++
		}
	}
	if list := p.behave[number]; n < len(list) {
		s.o.Dialled = list[n]
		if reason, failed := strings.CutPrefix(list[n], "failed "); failed {
			s.o.Dialled, s.o.Reason = "failed", ivr.Reason(reason)
		}
	}
	if s.o.Dialled == "answered" {
		s.o.Answered = p.now()
	}
	p.sessions[o.Session] = s
	p.calls = append(p.calls, p.now().UTC().Format("15:04:05 ")+number)
	_, live := p.Live("")
	p.most = max(p.most, live)
	err := p.late
	p.late = nil
	return bot.Started{Session: o.Session, Fresh: true}, err
}

func (p *fakePhone) Outgoing(_ context.Context, id ivr.SessionID) (bot.Outgoing, error) {
	if p.blind != nil {
		return bot.Outgoing{}, p.blind
	}
	s := p.sessions[id]
	if s == nil {
		return bot.Outgoing{}, fmt.Errorf("bot: %w", store.ErrNone)
	}
	o := s.o
	if !p.now().Before(s.over) {
		o.Ended, o.EndedBy = s.over, ivr.EndedByFlow
	}
	return o, nil
}

func (p *fakePhone) Live(id ivr.SessionID) (bool, int) {
	n := p.others
	for _, s := range p.sessions {
		if p.now().Before(s.over) {
			n++
		}
	}
	s := p.sessions[id]
	return s != nil && p.now().Before(s.over), n
}

func (p *fakePhone) OptedOut(_ context.Context, who string) (bool, error) {
	return p.optedOut[who], nil
}

func (p *fakePhone) Remember(_ context.Context, id string, fresh bool) error {
	if fresh {
		p.known[id] = true
	}
	if !p.known[id] {
		return errors.New("another store")
	}
	return nil
}

// table is a campaign on a fake bot, in virtual time.
type table struct {
	t     *testing.T
	now   time.Time
	phone *fakePhone
	cfg   Config
	rows  []Row
	ends  []string
	died  any // with which a step panicked
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // a Monday

func set(t *testing.T, numbers ...string) *table {
	t.Helper()
	w := &table{t: t, now: noon}
	w.phone = &fakePhone{now: func() time.Time { return w.now }, behave: map[string][]string{}, lasts: 10 * time.Second, sessions: map[ivr.SessionID]*session{}, known: map[string]bool{}}
	dir := t.TempDir()
	w.cfg = Config{File: filepath.Join(dir, "test.campaign"), Flow: loadFlow(t, reminder), Phone: w.phone, Now: w.phone.now,
		DoNotCall: NewDoNotCall(filepath.Join(dir, "no.txt")), Hours: Hours{Open: "24/7"},
		Ended: func(r Row, e End) {
			text := fmt.Sprintf("%s %s %d", e.Target, e.Outcome, e.Attempt)
			if !e.Final() {
				text += " again " + e.Again.UTC().Format("15:04")
			}
			w.ends = append(w.ends, text)
		}}
	for i, n := range numbers {
		w.rows = append(w.rows, row(i+2, n, "Europe/London"))
	}
	return w
}

func row(line int, number, zone string) Row {
	return Row{Line: line, Target: ivr.Target{Kind: ivr.PartyPhone, ID: number}, Zone: zone, Params: map[string]any{"number": number}}
}

// run runs a campaign until it is done, or for a time, or until a step dies.
func (w *table) run(most time.Duration) (done bool, err error) {
	w.t.Helper()
	w.ends, w.died = nil, nil
	c, err := Open(w.cfg, w.rows)
	if err != nil {
		return false, err
	}
	defer func() {
		if w.died = recover(); w.died != nil {
			done, err = false, nil
		}
		if closing := c.Close(); closing != nil {
			w.t.Fatal(closing)
		}
	}()
	for until := w.now.Add(most); w.now.Before(until); {
		wait, done, err := c.Step(w.t.Context(), true)
		if done || err != nil {
			return done, err
		}
		if wait <= 0 || wait > longest {
			w.t.Fatalf("a step wants to wait %v", wait)
		}
		w.now = w.now.Add(wait)
	}
	return false, nil
}

func (w *table) finish() {
	w.t.Helper()
	if done, err := w.run(30 * 24 * time.Hour); !done || err != nil {
		w.t.Fatalf("done %v, %v; calls %q", done, err, w.phone.calls)
	}
}

func (w *table) wantCalls(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.phone.calls, want) {
		w.t.Errorf("calls\n%s\nwant\n%s", strings.Join(w.phone.calls, "\n"), strings.Join(want, "\n"))
	}
}

func (w *table) wantEnds(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.ends, want) {
		w.t.Errorf("ends\n%s\nwant\n%s", strings.Join(w.ends, "\n"), strings.Join(want, "\n"))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
