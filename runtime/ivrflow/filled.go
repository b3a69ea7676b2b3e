package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// filledIn is an outcome that its step does not handle itself.
type filledIn struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	Step    string `json:"step"`
	Verb    string `json:"verb"`
	Outcome string `json:"outcome"`
	To      string `json:"to"`   // in words
	From    string `json:"from"` // "defaults", "handlers" or "language"
	At      int    `json:"at,omitempty"`
}

// String is a line of check -v.
func (f filledIn) String() string {
	from := "by the rules of the language"
	if f.At > 0 {
		from = fmt.Sprintf("from %s, line %d", f.From, f.At)
	}
	return fmt.Sprintf("%s: filled in: %s of %s (%s) leads to %s, %s",
		diag.Pos{File: f.File, Line: f.Line, Col: f.Col}, f.Outcome, f.Step, f.Verb, f.To, from)
}

// filled lists the outcomes of a flow's steps that are handled elsewhere: in
// defaults, in the flow's handlers, or by the language. That done leads to the
// next step is not worth a line.
func filled(f *flow.Flow, src []byte, name string) []filledIn {
	shared := sectionsOf(f.File, src)
	var all []filledIn
	for _, s := range f.Steps {
		if s.BuiltIn {
			continue
		}
		for _, outcome := range slices.Sorted(maps.Keys(s.Edges)) {
			e := s.Edges[outcome]
			from, found := shared.at(e.Pos.Line)
			if !found && (e.Pos != s.Pos || ordinary(f, s, outcome, e)) {
				continue
			}
			pos := displayed(s.Pos, f, name)
			one := filledIn{File: pos.File, Line: pos.Line, Col: pos.Col, Step: s.ID, Verb: s.Spec.Verb(),
				Outcome: outcome, To: destination(f, e), From: "language"}
			if found {
				one.From, one.At = from, e.Pos.Line
			}
			all = append(all, one)
		}
	}
	return all
}

// ordinary reports an edge that says nothing new: done leads to the next step
// of the list, and goto and end do what they say.
func ordinary(f *flow.Flow, s *flow.Step, outcome string, e *flow.Edge) bool {
	switch s.Spec.(type) {
	case *flow.Jump, *flow.Return, *flow.End, *flow.Set, *flow.Forget, *flow.Mark, *flow.Switch:
		return true
	case *flow.Play, *flow.Menu, *flow.Collect, *flow.Record, *flow.Transfer, *flow.Hunt, *flow.Redirect, *flow.Reject, *flow.Answer, *flow.Do, *flow.HTTP, *flow.Wait, *flow.SendKeys, *flow.Mute,
		*flow.Join, *flow.Invite, *flow.Hold, *flow.RouteAudio, *flow.Gallery, *flow.RecordingStatus, *flow.Hours, *flow.Dial, *flow.Call:
	}
	return outcome != "failed" && e.To.Kind == flow.ToStep && f.Steps[e.To.Step].State == s.State
}

// destination is where an edge leads, in words.
func destination(f *flow.Flow, e *flow.Edge) string {
	if e.Counter != "" {
		return fmt.Sprintf("%s (%d times), then %s", destination(f, e.Then), e.UpTo, destination(f, e.Else))
	}
	switch e.To.Kind {
	case flow.ToStep:
		return f.Steps[e.To.Step].ID
	case flow.ToRepeat:
		return "the same step again"
	case flow.ToEnd:
		return "the end of the call"
	case flow.ToReturn:
		return "return: " + e.To.Outcome
	case flow.ToError:
		if f.Steps[f.OnError].BuiltIn {
			return "on_error (the built-in apology)"
		}
		return "on_error"
	case flow.ToOver:
	}
	return "the end of the session"
}

// section is a part of the file whose handlers serve many steps.
type section struct {
	name        string
	first, last int // lines
}

type sections []section

// sectionsOf finds defaults and handlers in a flow's file.
func sectionsOf(name string, src []byte) sections {
	root, _ := tree.Parse(name, src)
	if root == nil {
		return nil
	}
	entries := slices.SortedFunc(slices.Values(root.Entries), func(a, b tree.Entry) int { return cmp.Compare(a.KeyPos.Line, b.KeyPos.Line) })
	var found sections
	for i, e := range entries {
		if e.Key != "defaults" && e.Key != "handlers" {
			continue
		}
		s := section{e.Key, e.KeyPos.Line, int(^uint(0) >> 1)}
		if i+1 < len(entries) {
			s.last = entries[i+1].KeyPos.Line - 1
		}
		found = append(found, s)
	}
	return found
}

// at is the section that holds a line.
func (s sections) at(line int) (string, bool) {
	i := slices.IndexFunc(s, func(s section) bool { return s.first <= line && line <= s.last })
	if i < 0 {
		return "", false
	}
	return s[i].name, true
}
