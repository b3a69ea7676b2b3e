package flowdiff

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// Heard is something that the caller notices.
type Heard struct {
	What string // equal for what nobody can tell apart
	Text string // for people
	part bool   // of a prompt
}

// stops is that what plays ends before it is over.
const stops = "stops"

// heard is what the caller notices of what came of a choice.
func (x *explorer) heard(from, to prove.Moment, c *prove.Choice, r *prove.Result) []Heard {
	l := listener{main: func(leg ivr.LegID) bool { return leg == ivr.CallerLeg || to.Session().Main(leg) },
		times: x.o.Times, plays: from.Session().Media.Op != 0}
	if a := c.Act(); a.Kind == prove.Waits && x.o.Times {
		l.add("waits "+a.After.String(), "is silent for %s", a.After.Round(10*time.Millisecond))
	}
	for _, cmd := range r.Commands {
		l.command(cmd)
	}
	if to.Gone() && !from.Gone() {
		how := "is over"
		if l.hung {
			how = "hangs up"
		}
		l.add(how, "%s", how)
	}
	return l.heard
}

// listener is a caller.
type listener struct {
	main  func(ivr.LegID) bool
	times bool
	plays bool
	hung  bool
	heard []Heard
}

func (l *listener) add(what, format string, args ...any) {
	l.heard = append(l.heard, Heard{What: what, Text: fmt.Sprintf(format, args...)})
}

func (l *listener) command(cmd ivr.Command) {
	switch cmd := cmd.(type) {
	case ivr.Answer:
		l.add("answers", "answers")
	case ivr.Reject:
		l.add("rejects "+string(cmd.Reason), "rejects the call (%s)", cmd.Reason)
	case ivr.Redirect:
		l.add("redirects "+targets(cmd.Targets), "redirects the call to %s", targets(cmd.Targets))
	case ivr.PlayPrompt:
		if l.main(cmd.Leg) {
			l.prompt(cmd)
		}
	case ivr.CancelMedia:
		if l.main(cmd.Leg) && l.plays {
			l.plays = false
			l.add(stops, "stops what plays")
		}
	case ivr.RecordResponse:
		l.add(fmt.Sprint("records ", cmd.Beep), "records%s", map[bool]string{false: " without a tone"}[cmd.Beep])
	case ivr.CreateCall:
		l.add("calls "+targets([]ivr.Target{cmd.Target}), "calls %s", targets([]ivr.Target{cmd.Target}))
	case ivr.Transfer:
		l.add("transfers "+targets([]ivr.Target{cmd.Target}), "transfers the call to %s", targets([]ivr.Target{cmd.Target}))
	case ivr.SendTones:
		keys := strings.Trim(fmt.Sprintf("%v", cmd.Keys), "[]")
		l.add("sends "+keys, "sends the keys %s", keys)
	case ivr.HangUp:
		l.hung = l.hung || l.main(cmd.Leg)
	default:
	}
}

func (l *listener) prompt(cmd ivr.PlayPrompt) {
	l.plays = true
	if cmd.Loop {
		l.add("loop", "plays again and again")
	}
	first := len(l.heard)
	for _, p := range ivr.Heard(cmd.Parts) {
		switch {
		case p.Audio != "":
			l.add("audio "+p.Audio, "plays %s", named(p))
		case p.Recording != "":
			l.add("recording", "plays the recording")
		case p.Text != "":
			l.add(strings.Join([]string{"says", p.Text, p.Locale, p.Voice}, "\n"), "says %q", p.Text)
		case p.Silence > 0 && l.times:
			l.add("silence "+p.Silence.String(), "is silent for %s", p.Silence)
		case p.Silence == 0:
			l.add("plays "+p.Key, "plays %s", named(p))
		}
	}
	for i := range l.heard[first:] {
		l.heard[first+i].part = true
	}
}

func named(p ivr.Part) string {
	switch {
	case p.Words != "":
		return fmt.Sprintf("%q", p.Words)
	case p.Text != "":
		return fmt.Sprintf("%q", p.Text)
	case p.Key != "":
		return p.Key
	}
	return "a file"
}

func targets(all []ivr.Target) string {
	words := make([]string, len(all))
	for i, t := range all {
		words[i] = string(t.Kind) + " " + t.ID
	}
	return strings.Join(words, ", ")
}

// asked is what a flow asked of actions and services, by name.
type asked map[string]map[string]bool

func (a asked) add(r *prove.Result) {
	note := func(name string, with any) {
		if a[name] == nil {
			a[name] = map[string]bool{}
		}
		a[name][jsonText(with)] = true
	}
	for _, cmd := range r.Commands {
		switch cmd := cmd.(type) {
		case ivr.RunAction:
			note("the action "+cmd.Name, cmd.In)
		case ivr.HTTPRequest:
			if cmd.Action != "" {
				note("the action "+cmd.Action, cmd.In)
				continue
			}
			note(cmd.String(), cmd.JSON)
		default:
		}
	}
}
