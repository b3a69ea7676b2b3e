package flowdiff

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/prove"
)

// Call is a call that tells two flows apart, as it went in both.
type Call struct {
	Lines []Line `json:"conversation"`
	// Said is what parts them: what the caller notices of the old flow, and of the
	// new one.
	Said [2]string `json:"said"`

	Heard  [2][]Heard     `json:"-"` // of each flow, all that the caller notices
	Events [2][]ivr.Event `json:"-"` // what each engine is told, in order
	Acts   []prove.Act    `json:"acts"`
}

// Side says in which of the flows something happens.
type Side string

// The sides.
const (
	InBoth Side = "both"
	InOld  Side = "old"
	InNew  Side = "new"
)

// Line is one thing that happens in a call, as people read it.
type Line struct {
	Side Side          `json:"side"`
	At   time.Duration `json:"at"` // since the call came in
	Who  string        `json:"who"`
	What string        `json:"what"`
	Pos  diag.Pos      `json:"pos,omitzero"` // the step, in the old flow if it is in both
}

// errOther says that a call did not go as the exploration said. It is a mistake of
// this package, never of a flow.
var errOther = errors.New("the call went another way than the exploration")

// call plays the call that was found, from its beginning.
func (x *explorer) call() (*Call, error) {
	path := []int32{x.split.move}
	for id := x.split.node; x.nodes[id].parent >= 0; id = x.nodes[id].parent {
		path = append(path, x.nodes[id].move)
	}
	slices.Reverse(path)
	way := int(x.split.way)
	b := both{at: [2]prove.Moment{x.pair.Start(way, 0), x.pair.Start(way, 1)}}
	fresh := b.at
	c := &Call{Said: x.split.said}
	for _, i := range path {
		all := x.next(&b)
		if int(i) >= len(all) {
			return nil, errOther
		}
		m := &all[i]
		if err := c.play(x, b, m, &fresh); err != nil {
			return nil, err
		}
		b, _ = x.follow(&b, m)
	}
	if reflect.DeepEqual(whats(c.Heard[0]), whats(c.Heard[1])) {
		return nil, errOther
	}
	return c, nil
}

func whats(all []Heard) []string {
	var words []string
	for _, h := range all {
		words = append(words, h.What)
	}
	return words
}

// play plays one move in both flows, and once more on the fresh sessions, as a bot
// would.
func (c *Call) play(x *explorer, b both, m *move, fresh *[2]prove.Moment) error {
	var lines [2][]prove.Line
	for i, choice := range m.c {
		if choice == nil {
			continue
		}
		to, r := b.at[i].Do(*choice)
		lines[i] = x.tell(b.at[i], to, *choice, &r)
		c.Heard[i] = append(c.Heard[i], x.heard(b.at[i], to, choice, &r)...)
		c.Events[i] = append(c.Events[i], r.Events...)
		var cmds []ivr.Command
		for _, ev := range r.Events {
			next, more, _ := fresh[i].Play(ev)
			fresh[i], cmds = next, append(cmds, more...)
		}
		if len(cmds) != len(r.Commands) || len(cmds) > 0 && !reflect.DeepEqual(cmds, r.Commands) {
			return errOther
		}
	}
	c.Acts = append(c.Acts, act(m))
	c.Lines = append(c.Lines, merged(lines, x.o.Times)...)
	return nil
}

// tell is what happens at a choice, with the words that the caller hears.
func (x *explorer) tell(from, to prove.Moment, c prove.Choice, r *prove.Result) []prove.Line {
	lines := from.Tell(c, to, r)
	l := listener{main: func(ivr.LegID) bool { return true }, plays: from.Session().Media.Op != 0, times: x.o.Times}
	at := 1 // of the next prompt among the lines, after the act
	for _, cmd := range r.Commands {
		l.heard = nil
		l.command(cmd)
		switch cmd.(type) {
		case ivr.PlayPrompt:
			for at < len(lines) && !strings.HasPrefix(lines[at].What, "plays ") {
				at++
			}
			if at < len(lines) && len(l.heard) > 0 {
				lines[at].What = strings.Join(texts(l.heard), ", ")
			}
			at++
		case ivr.Finish: // that it hangs up has been told
			lines = slices.DeleteFunc(lines, func(l prove.Line) bool { return strings.HasPrefix(l.What, "is over, ended") })
		case ivr.CancelMedia:
			if len(l.heard) > 0 {
				stop := lines[0]
				stop.Who, stop.What = "flow", l.heard[0].Text
				lines = slices.Insert(lines, 1, stop)
				at++
			}
		default:
		}
	}
	return lines
}

func texts(all []Heard) []string {
	words := make([]string, len(all))
	for i, h := range all {
		words[i] = h.Text
	}
	return words
}

// merged are the lines of both flows, those that are alike once.
func merged(lines [2][]prove.Line, times bool) []Line {
	var all []Line
	n := 0
	alike := func(a, b prove.Line) bool { return a.Who == b.Who && a.What == b.What && (!times || a.At == b.At) }
	for n < len(lines[0]) && n < len(lines[1]) && alike(lines[0][n], lines[1][n]) {
		all = append(all, lineOf(InBoth, lines[0][n]))
		n++
	}
	for _, l := range lines[0][n:] {
		all = append(all, lineOf(InOld, l))
	}
	for _, l := range lines[1][n:] {
		all = append(all, lineOf(InNew, l))
	}
	return all
}

func lineOf(s Side, l prove.Line) Line { return Line{s, l.At, l.Who, l.What, l.Pos} }

// asks is what differs in what the flows ask of actions and services.
func (x *explorer) asks() []string {
	if x.split != nil {
		return nil // not all is known
	}
	var all []string
	names := slices.Sorted(maps.Keys(x.asked[0]))
	for _, name := range names {
		one, two := x.asked[0][name], x.asked[1][name]
		switch {
		case two == nil:
			all = append(all, name+" is done by the old flow only")
		case !maps.Equal(one, two):
			all = append(all, name+" is given other values by the new flow")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.asked[1])) {
		if x.asked[0][name] == nil {
			all = append(all, name+" is done by the new flow only")
		}
	}
	return all
}
