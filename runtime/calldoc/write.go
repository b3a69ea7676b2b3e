package calldoc

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
	"github.com/ivrflow/ivrflow/runtime/store"
)

// Conversation writes a call for people: what happened in it, line by line. now is
// how long it has lived so far.
func Conversation(out io.Writer, h store.History, now time.Time) error {
	row := func(name, text string) { fmt.Fprintf(out, "%-9s %s\n", name, tell.Clean(text)) }
	row("session", string(h.Session))
	row("flow", fmt.Sprintf("%s, version %.12s", h.Flow, h.Version))
	row("caller", party(h.Caller, h.Damaged))
	row("called", party(h.Called, h.Damaged))
	row("rang", Stamp(h.Started))
	if h.Ended.IsZero() {
		row("live", "for "+Lasted(h.Summary, now)+" so far")
	} else {
		row("ended", EndedBy(h.Summary)+", after "+Lasted(h.Summary, now))
	}
	if h.Damaged {
		row("record", "damaged: what is known is what the journal tells")
	}
	if h.Ended.IsZero() && h.Node != "" {
		row("node", string(h.Node))
	}
	fmt.Fprintln(out)
	c := conversation{began: beginning(h), caller: h.Caller, called: h.Called, damaged: h.Damaged, words: map[ivr.OpID]string{}}
	for _, m := range h.Moments {
		c.moment(m)
	}
	c.flush()
	_, err := io.WriteString(out, c.text.String())
	return err
}

// party is who somebody is, or why nobody knows.
func party(p ivr.Party, damaged bool) string {
	if damaged && p.ID == "" {
		return "unknown, since the record is damaged"
	}
	return tell.Party(p)
}

// beginning is when a call began, also if its record was damaged and made anew.
func beginning(h store.History) time.Time {
	if len(h.Moments) > 0 && len(h.Moments[0].Events) > 0 {
		if at := h.Moments[0].Events[0].When(); at.Before(h.Started) {
			return at
		}
	}
	return h.Started
}

// Stamp is a time for a table, in this machine's zone.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}

// Lasted is how long a call went on, from the first ring until it was over, or
// until now.
func Lasted(s store.Summary, now time.Time) string {
	end := s.Ended
	if end.IsZero() {
		end = now
	}
	return max(end.Sub(s.Started), 0).Round(time.Second).String()
}

// EndedBy is who or what ended a call.
func EndedBy(s store.Summary) string {
	if s.Ended.IsZero() {
		return "live"
	}
	return cmp.Or(string(s.EndedBy), "unknown")
}
