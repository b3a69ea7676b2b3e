package linear

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// session is what the model knows of one.
type session struct {
	exists  bool
	todo    bool
	version int64
	epoch   int64
	record  string
	unsure  bool // of a take nobody knows: from now on others may come to light
}

// model is one session's. What is uncertain has an effect or not: both are followed
// up.
func model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{session{}} },
		Step: func(state, in, out any) []any {
			var next []any
			for _, s := range step(state.(session), in.(request), out.(answer)) {
				next = append(next, s)
			}
			return next
		},
		Equal: func(a, b any) bool { return a == b },
	}
	return m.ToModel()
}

// step is what a session may be after a request that was answered so; empty if the
// answer cannot have been.
func step(s session, q request, a answer) []session {
	if q.kind == take && a.effect == uncertain {
		s.unsure = true
		return []session{s}
	}
	all := certain(s, q, a)
	if s.unsure && s.todo {
		s.epoch = max(s.epoch+1, a.epoch)
		if q.kind == take && a.effect == done {
			s.epoch = a.epoch - 1 // it may be any below
		}
		all = append(all, certain(s, q, a)...)
	}
	return all
}

// certain is step as if all takes were known.
func certain(s session, q request, a answer) []session {
	if q.kind == write {
		return written(s, q, a)
	}
	if a.effect == none {
		if q.kind == read && !s.exists || q.kind == take && !s.todo {
			return []session{s}
		}
		return nil
	}
	fits := false
	switch q.kind {
	case take:
		fits = s.todo && a.epoch > s.epoch && a.version == s.version && a.record == s.record
		s.epoch = a.epoch
	case try:
		fits = (s.exists && s.epoch == q.epoch) == (a.effect == done)
	case read:
		fits = s.exists && s.version == a.version && s.epoch == a.epoch && s.todo == a.todo && s.record == a.record
	case write:
	}
	if !fits {
		return nil
	}
	return []session{s}
}

func written(s session, q request, a answer) []session {
	fits := s.exists && s.version == q.version-1 && s.epoch == q.epoch || !s.exists && q.version == 1 && q.epoch == 1
	after := session{exists: true, todo: !q.last, version: q.version, epoch: q.epoch, record: q.record, unsure: s.unsure}
	switch {
	case a.effect == done && fits:
		return []session{after}
	case a.effect == fenced && !fits, a.effect == uncertain && !fits:
		return []session{s}
	case a.effect == uncertain:
		return []session{s, after}
	}
	return nil
}

// show is a history for people, in order of the requests.
func show(ops []porcupine.Operation) string {
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, op := range ops {
		end := time.Duration(op.Return).String()
		if op.Return == never {
			end = "?"
		}
		fmt.Fprintf(&b, "  %v to %s, client %d: %v -> %v\n", time.Duration(op.Call), end, op.ClientId, op.Input, op.Output)
	}
	return b.String()
}

// String is what was asked.
func (q request) String() string {
	switch q.kind {
	case write:
		return fmt.Sprintf("write version %d under %d %q", q.version, q.epoch, q.record)
	case take:
		return "take"
	case try:
		return fmt.Sprintf("try under %d", q.epoch)
	case read:
		return "read"
	}
	return "?"
}

// String is what was answered.
func (a answer) String() string {
	word := [...]string{"done", "fenced", "none", "nothing", "elsewhere", "uncertain"}[a.effect]
	if a.version == 0 {
		return word
	}
	return fmt.Sprintf("%s: version %d under %d %q", word, a.version, a.epoch, a.record)
}
