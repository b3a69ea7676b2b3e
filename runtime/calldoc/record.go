// Package calldoc puts what a store has of calls into the forms in which people and
// programs get it: detail records, whole histories, and conversations.
package calldoc

import (
	"time"

	"github.com/ivrflow/ivrflow/runtime/store"
)

// Record is a call's detail record. Its members are the columns that the
// manual lists: they are added, never renamed.
type Record struct {
	Session    string   `json:"session"`
	Flow       string   `json:"flow"`
	Version    string   `json:"version"`
	Direction  string   `json:"direction"` // in or out
	CallerKind string   `json:"caller_kind"`
	Caller     string   `json:"caller"`
	CalledKind string   `json:"called_kind"`
	Called     string   `json:"called"`
	Tenant     string   `json:"tenant"`
	Started    string   `json:"started"`
	Answered   string   `json:"answered"`
	Ended      string   `json:"ended"`
	Seconds    float64  `json:"seconds"` // from the answer to the end
	EndedBy    string   `json:"ended_by"`
	Code       int      `json:"code"`
	Subcode    int      `json:"subcode"`
	Reason     string   `json:"reason"`
	Steps      int      `json:"steps"`
	Calls      []string `json:"calls"`
	Milestones []string `json:"milestones"`
	Tags       []string `json:"tags"`
	Transfer   string   `json:"transfer"`
	Damaged    bool     `json:"damaged"`
}

// RecordOf is the record of a call.
func RecordOf(s store.Summary) Record {
	r := Record{Session: string(s.Session), Flow: s.Flow, Version: s.Version, Direction: "in", CallerKind: string(s.Caller.Kind), Caller: s.Caller.ID,
		CalledKind: string(s.Called.Kind), Called: s.Called.ID, Tenant: s.Tenant, Started: Instant(s.Started), Answered: Instant(s.Answered),
		Ended: Instant(s.Ended), EndedBy: string(s.EndedBy), Code: s.Result.Code, Subcode: s.Result.Subcode, Reason: string(s.Result.Reason), Steps: s.Steps,
		Calls: []string{}, Milestones: []string{}, Tags: []string{}, Transfer: s.Transfer, Damaged: s.Damaged}
	switch {
	case s.Damaged:
		r.Direction = ""
	case s.Outgoing:
		r.Direction = "out"
	}
	if !s.Answered.IsZero() && !s.Ended.IsZero() {
		r.Seconds = max(s.Ended.Sub(s.Answered).Round(time.Millisecond).Seconds(), 0)
	}
	for _, id := range s.Calls {
		r.Calls = append(r.Calls, string(id))
	}
	milestones, tags := s.Told()
	r.Milestones, r.Tags = append(r.Milestones, milestones...), append(r.Tags, tags...)
	return r
}

// Instant is a time in UTC, empty if there is none.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
