package dev

import (
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
)

// table is the record for people to read.
func (r *record) table() string {
	var b strings.Builder
	b.WriteString("Call record\n")
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("flow", "%s, version %.12s", r.flow.Name, r.flow.Version)
	row("caller", "%s", tell.Party(r.caller))
	row("called", "%s", tell.Party(r.called))
	row("rang", "%s", r.began.Format("2006-01-02 15:04:05"))
	if r.answered.IsZero() {
		row("answered", "never")
	} else {
		row("answered", "after %s", tell.Seconds(r.answered.Sub(r.began)))
	}
	row("ended by", "%s", r.ending())
	row("lasted", "%s", r.lasting())
	r.writeVisits(&b)
	r.writeOperations(&b)
	r.writeMarks(&b)
	return b.String()
}

// ending is who or what ended the call.
func (r *record) ending() string {
	if r.endedBy == "" {
		return "nobody yet"
	}
	if r.end == (ivr.Result{}) {
		return string(r.endedBy)
	}
	return fmt.Sprintf("%s (%d/%d)", r.endedBy, r.end.Code, r.end.Subcode)
}

func (r *record) lasting() string {
	from := r.answered
	if from.IsZero() {
		from = r.began
	}
	if r.ended.IsZero() {
		return "unknown"
	}
	return tell.Seconds(r.ended.Sub(from))
}

// normal reports whether the call ended as it should: by the caller, or by
// what the flow does.
func (r *record) normal() bool {
	switch r.endedBy {
	case ivr.EndedByCaller, ivr.EndedByFlow, ivr.EndedByTransfer, ivr.EndedByRedirect, ivr.EndedByReject:
		return true
	case ivr.EndedByError, ivr.EndedByLimit, ivr.EndedByService, ivr.EndedByOperator, ivr.EndedByShutdown:
	}
	return false
}

func (r *record) writeVisits(b *strings.Builder) {
	b.WriteString("  states\n")
	for _, v := range r.visits {
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %s  %-22s %s", r.since(v.at), v.state, v.keysShown()), " ") + "\n")
	}
}

// keysShown is what was pressed; of secret keys only their number.
func (v visit) keysShown() string {
	var parts []string
	if v.keys != "" {
		parts = append(parts, "keys "+v.keys)
	}
	switch {
	case v.hidden == 1:
		parts = append(parts, "1 hidden key")
	case v.hidden > 1:
		parts = append(parts, fmt.Sprintf("%d hidden keys", v.hidden))
	}
	return strings.Join(parts, ", ")
}

func (r *record) writeOperations(b *strings.Builder) {
	b.WriteString("  operations\n")
	for _, o := range r.ops {
		took := ""
		if d := o.until.Sub(o.at); !o.until.IsZero() && d >= 50*time.Millisecond {
			took = " after " + tell.Seconds(d)
		}
		fmt.Fprintf(b, "  %s  %s: %s%s\n", r.since(o.at), o.what, o.result, took)
	}
}

func (r *record) writeMarks(b *strings.Builder) {
	if len(r.marks) == 0 {
		return
	}
	b.WriteString("  marks\n")
	for _, m := range r.marks {
		fmt.Fprintf(b, "  %s  %s %s\n", r.since(m.at), m.kind, m.text)
	}
}

// since is the time from the first ring, in seconds.
func (r *record) since(t time.Time) string { return fmt.Sprintf("%7.1f", t.Sub(r.began).Seconds()) }
