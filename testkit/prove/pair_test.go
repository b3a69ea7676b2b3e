package prove_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/flowdiff"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// load is a generated flow, nil if the loader refuses it.
func load(src string) *flow.Flow {
	f, _, err := flow.Load(fstest.MapFS{"g.ivr.yaml": {Data: []byte(src)}}, "g.ivr.yaml")
	if err != nil {
		return nil
	}
	return f
}

// compare compares two flows as far as a test has time for.
func compare(t *testing.T, a, b *flow.Flow, noAhead bool) *flowdiff.Report {
	t.Helper()
	o := flowdiff.Options{Nodes: 1500, NoAhead: noAhead, NoProofs: true}
	r, err := flowdiff.Run(context.Background(), a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict == flowdiff.Open && len(r.Doubts) > 0 {
		t.Fatalf("open: %v", r.Doubts)
	}
	return r
}

// renamed is a flow in which everything is called otherwise but its action.
func renamed(src string) string {
	for _, r := range [][2]string{{`\bs(\d)\b`, "z$1"}, {`\bp(\d)\b`, "q$1"}, {`\bcode\b`, "pin"}, {`\bask\b`, "question"}, {`\bsorry\b`, "regret"}} {
		src = regexp.MustCompile(r[0]).ReplaceAllString(src, r[1])
	}
	return src
}

// mutant is a flow in which one word is another one.
func mutant(src string, r *rand.Rand) string {
	head, body, _ := strings.Cut(src, "states:\n")
	body, tail, _ := strings.Cut(body, "invariants:")
	words := regexp.MustCompile(`\bs\d\b|\bp\d\b|tries: \d|barge_in: \w+|n > \d|n: \d|\bend\b`).FindAllStringIndex(body, -1)
	if len(words) == 0 {
		return src
	}
	at := words[r.IntN(len(words))]
	word := body[at[0]:at[1]]
	switch {
	case word[0] == 's' || word == "end":
		word = fmt.Sprintf("s%d", r.IntN(5))
	case word == "barge_in: true":
		word = "barge_in: false"
	case word == "barge_in: false":
		word = "barge_in: true"
	default:
		word = word[:len(word)-1] + fmt.Sprint(1+r.IntN(2))
	}
	return head + "states:\n" + body[:at[0]] + word + body[at[1]:] + "invariants:" + tail
}

// oracle says what the caller does, and what comes of actions and transfers: each
// time it is asked.
type oracle map[string]string

// listener is a call of one flow that is told by an oracle, until it must know more.
type listener struct {
	f     *flow.Flow
	s     engine.Session
	now   time.Time
	asked map[string]int
	heard []string
	ahead bool // keys are pressed while prompts play, too
}

// values are what an oracle may say.
func values(question string) []string {
	switch question[0] {
	case 'k', 'p':
		return []string{"1", "2", "3", ""}
	case 'a':
		return []string{"good", "bad", "odd", "failed"}
	}
	return []string{"ok", "failed"}
}

func (l *listener) tell(ev ivr.Event) {
	to, cmds, _ := engine.Step(l.f, l.s, ev)
	l.s = to
	h := ivr.Head{At: l.now}
	for _, cmd := range cmds {
		switch cmd := cmd.(type) {
		case ivr.PlayPrompt:
			for _, p := range cmd.Parts {
				l.heard = append(l.heard, p.Text)
			}
		case ivr.Transfer:
			l.heard = append(l.heard, "transfer "+cmd.Target.ID)
		case ivr.HangUp:
			l.heard = append(l.heard, "hangs up")
			l.tell(ivr.CallTerminated{Head: h})
		case ivr.SubscribeToTone:
			l.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		case ivr.CancelMedia:
			l.heard = append(l.heard, "stops")
			l.tell(ivr.OperationCompleted{Head: h, Op: cmd.Op})
		case ivr.Reject:
			l.heard = append(l.heard, "rejects")
		}
	}
}

// run plays a call as far as the oracle knows. open is what must be known to go on;
// "" if the call is over.
func (l *listener) run(o oracle) (open string) {
	l.tell(ivr.CallIncoming{Head: ivr.Head{At: l.now}, Call: "call", Caller: ivr.Party{Kind: ivr.PartyUser, ID: "u"}, Called: ivr.Party{Kind: ivr.PartyApplication, ID: "b"}})
	ask := func(what string) (string, bool) {
		q := fmt.Sprintf("%s%d", what, l.asked[what])
		v, ok := o[q]
		if ok {
			l.asked[what]++
		}
		open = q
		return v, ok
	}
	for !l.s.Over() && l.s.State != "hanging_up" && !slices.Contains(l.heard, "hangs up") {
		h := ivr.Head{At: l.now}
		if len(l.s.Ops) > 0 {
			op := l.s.Ops[0]
			switch op.Kind {
			case "answer":
				l.tell(ivr.CallChanged{Head: h, State: ivr.StateEstablished, Audio: ivr.AudioActive})
			case "play":
				if l.ahead && !l.s.Media.Cancelled && len(l.s.Tones.Ahead) == 0 {
					v, ok := ask("p")
					if !ok {
						return open
					}
					if v != "" {
						l.tell(ivr.ToneReceived{Head: h, Key: ivr.Key(v[0])})
						continue
					}
				}
				l.tell(ivr.OperationCompleted{Head: h, Op: op.ID})
			case "action":
				v, ok := ask("a")
				if !ok {
					return open
				}
				l.tell(ivr.ActionReturned{Head: h, Op: op.ID, Outcome: v})
			case "transfer":
				v, ok := ask("t")
				switch {
				case !ok:
					return open
				case v == "ok":
					return ""
				}
				l.tell(ivr.OperationFailed{Head: h, Op: op.ID, Result: ivr.Result{Code: 500}})
			}
			continue
		}
		v, ok := ask("k")
		if !ok {
			return open
		}
		l.now = l.now.Add(1500 * time.Millisecond)
		if v != "" {
			l.tell(ivr.ToneReceived{Head: ivr.Head{At: l.now}, Key: ivr.Key(v[0])})
			continue
		}
		for _, t := range l.s.Timers {
			if t.Why == "first_key" || t.Why == "between_keys" || t.Why == "terminate" {
				l.now = t.Due
				l.tell(ivr.TimerExpired{Head: ivr.Head{At: t.Due}, Timer: t.ID})
				break
			}
		}
	}
	return ""
}

// apart looks for a call that tells two flows apart, in the obvious way: it tries all
// that an oracle may say. It is the oracle; nil if there is none that says no more
// than so many things.
func apart(a, b *flow.Flow, o oracle, most int, ahead bool) oracle {
	var open [2]string
	var heard [2][]string
	for i, f := range []*flow.Flow{a, b} {
		l := &listener{f: f, s: engine.New("s", f, nil), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), asked: map[string]int{}, ahead: ahead}
		open[i] = l.run(o)
		heard[i] = l.heard
	}
	n := min(len(heard[0]), len(heard[1]))
	waits := func(i int) bool { return open[i] == "" || open[i][0] == 'k' || open[i][0] == 't' }
	switch {
	case !slices.Equal(heard[0][:n], heard[1][:n]),
		len(heard[0]) < len(heard[1]) && waits(0), len(heard[1]) < len(heard[0]) && waits(1):
		return o
	}
	if len(heard[1]) < len(heard[0]) {
		open[0], open[1] = open[1], open[0] // what the one that is behind asks
	}
	for _, q := range open {
		if q == "" || len(o) == most {
			continue
		}
		for _, v := range values(q) {
			next := maps.Clone(o)
			next[q] = v
			if found := apart(a, b, next, most, ahead); found != nil {
				return found
			}
		}
		return nil
	}
	return nil
}

// A flow cannot be told from itself, nor from one in which everything is called
// otherwise. Whether it can be told from a mutant is what an obvious search through
// what callers and actions may do says, too; and the call that is found parts them,
// told to the engine anew.
func TestFlowsApartAgreeWithBruteForce(t *testing.T) {
	seeds, most := uint64(120), 4
	if testing.Short() {
		seeds = 20
	}
	counts, early := map[flowdiff.Verdict]int{}, 0
	for seed := range seeds {
		src := prove.Generated(seed)
		f := load(src)
		if f == nil {
			continue
		}
		if seed%4 == 0 {
			for name, g := range map[string]*flow.Flow{"itself": load(src), "a renamed copy": load(renamed(src))} {
				if r := compare(t, f, g, name == "itself"); r.Verdict == flowdiff.Apart {
					t.Errorf("seed %d: can be told from %s: %s", seed, name, report(r))
				}
			}
		}
		g := load(mutant(src, rand.New(rand.NewPCG(seed, 3))))
		if g == nil {
			continue
		}
		quick := compare(t, f, g, true)
		counts[quick.Verdict]++
		found := apart(f, g, oracle{}, most, false)
		switch {
		case found != nil && quick.Verdict == flowdiff.Same:
			t.Errorf("seed %d: the same, but %v parts them:\n%s", seed, found, src)
		case found == nil && quick.Verdict == flowdiff.Apart && plain(quick.Call) && said(quick.Call) <= most:
			t.Errorf("seed %d: nothing parts them, but %s", seed, report(quick))
		}
		full := compare(t, f, g, false)
		if full.Verdict == flowdiff.Same && quick.Verdict == flowdiff.Apart {
			t.Errorf("seed %d: the same, though without keys that are typed ahead they are not", seed)
		}
		if full.Verdict == flowdiff.Same || quick.Verdict == flowdiff.Same {
			found := apart(f, g, oracle{}, most, true)
			if found != nil && full.Verdict == flowdiff.Same {
				t.Errorf("seed %d: the same, but %v parts them:\n%s", seed, found, src)
			}
			if found != nil {
				early++
			}
		}
		if back := compare(t, g, f, false); back.Verdict != full.Verdict && back.Complete == full.Complete || full.Call != nil && back.Call != nil && len(back.Call.Acts) != len(full.Call.Acts) {
			t.Errorf("seed %d: %s, and %s the other way round", seed, full.Verdict, back.Verdict)
		}
		for _, r := range []*flowdiff.Report{quick, full} {
			if r.Call != nil {
				parts(t, f, g, r.Call)
			}
		}
	}
	t.Log(counts, early)
	if counts[flowdiff.Same] < int(seeds)/10 || counts[flowdiff.Apart] < int(seeds)/4 || early == 0 {
		t.Errorf("too few of a kind: %v, %d by keys that are pressed early", counts, early)
	}
}

// report is a report as text.
func report(r *flowdiff.Report) string {
	var b strings.Builder
	_ = r.Print(&b) // a Builder takes everything
	return b.String()
}

// plain reports a call of things that the obvious search tries.
func plain(c *flowdiff.Call) bool {
	return !slices.ContainsFunc(c.Acts, func(a prove.Act) bool { return a.Kind == prove.Limit || a.Kind == prove.Fails && a.What != "transfer" })
}

// said is how many things an oracle has to say for a call.
func said(c *flowdiff.Call) int {
	n := 0
	for _, a := range c.Acts {
		if a.Kind != prove.Rings && !(a.Kind == prove.Ends && a.What != "transfer") {
			n++
		}
	}
	return n
}

// parts plays the events of a call to both flows, on the engine, and compares what
// is commanded.
func parts(t *testing.T, a, b *flow.Flow, c *flowdiff.Call) {
	t.Helper()
	var heard [2][]string
	for i, f := range []*flow.Flow{a, b} {
		s := engine.New("s", f, nil)
		for _, ev := range c.Events[i] {
			to, cmds, _ := engine.Step(f, s, ev)
			s = to
			for _, cmd := range cmds {
				switch cmd := cmd.(type) {
				case ivr.PlayPrompt:
					for _, p := range cmd.Parts {
						heard[i] = append(heard[i], p.Text)
					}
				case ivr.CancelMedia, ivr.HangUp, ivr.Transfer, ivr.Answer, ivr.Reject:
					heard[i] = append(heard[i], fmt.Sprintf("%T", cmd))
				}
			}
		}
	}
	if slices.Equal(heard[0], heard[1]) {
		t.Errorf("the call that parts them is heard alike in both: %v", heard[0])
	}
}
