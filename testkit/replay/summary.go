package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Summary is what came of many journals. It is made in the order of the journals,
// and is then always the same.
type Summary struct {
	Calls       int `json:"calls"`
	Same        int `json:"same"`
	Outline     int `json:"same_in_outline"` // of Same: as far as it is known
	Different   int `json:"different"`       // on their own version
	Undecidable int `json:"undecidable"`
	Damaged     int `json:"damaged"` // that cannot be read, or whose version is not there
	OtherFlow   int `json:"other_flow,omitempty"`

	Elsewhere int `json:"elsewhere,omitempty"` // on the other version
	Others    int `json:"heard_otherwise,omitempty"`

	Differences []Differing `json:"differences,omitempty"`
	Groups      []*Group    `json:"groups,omitempty"`  // of those that go elsewhere, the largest first
	Reasons     []*Reason   `json:"reasons,omitempty"` // why nobody can know, the most frequent first

	groups  map[parted]*Group
	reasons map[string]*Reason
}

// Differing is a call of which something else came on its own version.
type Differing struct {
	Source  string        `json:"source"`
	Session ivr.SessionID `json:"session"`
	Flow    string        `json:"flow"`
	Version string        `json:"version"`
	Difference
}

// parted is where calls of a version part.
type parted struct {
	flow, version string
	at            Parting
}

// Group are calls that go elsewhere at the same place.
type Group struct {
	Flow string `json:"flow"`
	Parting
	Calls   int           `json:"calls"`
	Source  string        `json:"source"`  // of the first of them
	Session ivr.SessionID `json:"session"` // of the first of them
	Version string        `json:"version"`
	Before  []Line        `json:"before"`
	After   []Line        `json:"after"`
}

// Reason is why nobody can know what becomes of calls.
type Reason struct {
	Why     string        `json:"why"`
	Calls   int           `json:"calls"`
	Session ivr.SessionID `json:"session"` // of the first of them
}

// MostShown bounds the differences that a summary keeps.
const MostShown = 100

// Outcome is what came of one journal.
type Outcome struct {
	Source  string // where it was read
	Journal *Journal
	Err     error // it could not be played: Journal may be nil
	Other   bool  // it is of another flow than the version on which it would be played
	Own     Result
	On      *Elsewhere // nil: it was played on its own version only
}

// Add counts a journal.
func (s *Summary) Add(o Outcome) {
	s.Calls++
	switch {
	case o.Err != nil:
		s.Damaged++
	case o.Other:
		s.OtherFlow++
	case o.Own.Verdict == Different:
		s.Different++
		if len(s.Differences) < MostShown {
			s.Differences = append(s.Differences, Differing{o.Source, o.Journal.Session, o.Journal.Flow, o.Journal.Version, *o.Own.Difference})
		}
	case o.Own.Verdict == Undecidable:
		s.cannot(o, o.Own.Why)
	case o.On != nil && o.On.Verdict == Undecidable:
		s.cannot(o, o.On.Why)
	case o.On != nil && o.On.Verdict == Different:
		s.elsewhere(o)
	default:
		s.Same++
		if o.Own.Verdict == Outline {
			s.Outline++
		}
		if o.On != nil && o.On.Others {
			s.Others++
		}
	}
}

func (s *Summary) cannot(o Outcome, why string) {
	s.Undecidable++
	if s.reasons == nil {
		s.reasons = map[string]*Reason{}
	}
	r := s.reasons[why]
	if r == nil {
		r = &Reason{Why: why, Session: o.Journal.Session}
		s.reasons[why], s.Reasons = r, append(s.Reasons, r)
	}
	r.Calls++
}

func (s *Summary) elsewhere(o Outcome) {
	s.Elsewhere++
	if s.groups == nil {
		s.groups = map[parted]*Group{}
	}
	at := parted{o.Journal.Flow, o.Journal.Version, *o.On.Parts}
	g := s.groups[at]
	if g == nil {
		g = &Group{Flow: o.Journal.Flow, Parting: *o.On.Parts, Source: o.Source, Session: o.Journal.Session, Version: o.Journal.Version, Before: o.On.Before, After: o.On.After}
		s.groups[at], s.Groups = g, append(s.Groups, g)
	}
	g.Calls++
}

// Sort puts the largest first.
func (s *Summary) Sort() {
	slices.SortStableFunc(s.Groups, func(a, b *Group) int { return cmp.Compare(b.Calls, a.Calls) })
	slices.SortStableFunc(s.Reasons, func(a, b *Reason) int { return cmp.Compare(b.Calls, a.Calls) })
}

// Fine reports whether nothing was found.
func (s *Summary) Fine() bool { return s.Different == 0 && s.Elsewhere == 0 }

// String is where a call goes, such as "ask.1 (menu.ivr.yaml:12:5): plays welcome".
func (t Turn) String() string {
	if t.What == "" && t.Outcome == "" && t.To != "" && t.At == t.ToAt {
		return fmt.Sprintf("stays in %s (%s)", t.To, t.ToAt)
	}
	var parts []string
	if t.To != "" {
		parts = append(parts, fmt.Sprintf("%s (%s)", t.To, t.ToAt))
	}
	if t.What != "" {
		parts = append(parts, t.What)
	}
	if len(parts) == 0 {
		return "nothing more happens"
	}
	return strings.Join(parts, ": ")
}

// job is a piece of work that is done beside others.
type job[T, R any] struct {
	in  T
	out chan R
}

// Each does something with what next gives, several at once, and has the results
// taken in the order of next. next is false at the end. It holds but a few of them.
func Each[T, R any](workers int, next func() (T, bool), do func(T) R, take func(R)) {
	work, inTurn := make(chan job[T, R], workers), make(chan job[T, R], 4*workers)
	for range workers {
		go func() {
			for j := range work {
				j.out <- do(j.in)
			}
		}()
	}
	go func() {
		for in, ok := next(); ok; in, ok = next() {
			j := job[T, R]{in, make(chan R, 1)}
			inTurn <- j
			work <- j
		}
		close(work)
		close(inTurn)
	}()
	for j := range inTurn {
		take(<-j.out)
	}
}
