package store_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
	"github.com/ivrflow/ivrflow/runtime/store"
)

const handed = `
ivr: 1
flow: desk
prompts: {ask: "Whom do you want?", bye: Goodbye.}
start: main
states:
  main:
    - milestone: began
    - tag: {name: line, text: "hot"}
    - log: not for the record
    - menu: {prompt: ask, keys: {1: sales, 2: end}, gave_up: end}
  sales:
    - transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001, kind: consult, ring: 20s}
      busy: main
      failed: main
`

// A call's detail record says who called whom, how it ended and what was marked
// on the way, also if another node has had the call, and nothing that was typed.
func TestSummary(t *testing.T) {
	for keys, want := range map[string]store.Summary{
		"2":  {EndedBy: ivr.EndedByFlow},
		"12": {EndedBy: ivr.EndedByFlow, Transfer: "failed"},
	} {
		db := &store.MemoryDB{Now: func() time.Time { return begin }}
		p := newPlayer(t, newStore(t, db, nil), loadText(t, handed), "s1", 1)
		p.give(ivr.CallIncoming{Head: p.head(), Call: "c1", Tenant: "t",
			Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750", Name: "Ann", Tenant: "x"}, Called: ivr.Party{Kind: ivr.PartyBot, ID: "bot", Name: "Bot"}})
		row, err := db.Read(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		var first, last store.Summary
		parse(t, row.Summary, &first)
		if first.Session != "s1" || !first.Ended.IsZero() || first.Caller.ID == "" {
			t.Errorf("%s: at its beginning the record is %+v", keys, first)
		}
		p.keys = keys
		for !p.s.Over() {
			if i := p.creating(); i >= 0 {
				p.give(ivr.OperationFailed{Head: p.head(), Op: p.s.Ops[i].ID, Result: ivr.Result{Code: 403, Reason: ivr.ReasonNotAllowed, Message: "the service's own words"}})
				continue
			}
			p.next()
		}
		if row, err = db.Read(t.Context(), "s1"); err != nil {
			t.Fatal(err)
		}
		parse(t, row.Summary, &last)
		want.Session, want.Calls, want.Flow, want.Version, want.Tenant = "s1", []ivr.CallID{"c1"}, "desk", p.f.Version, "t"
		want.Caller, want.Called = ivr.Party{Kind: ivr.PartyPhone, ID: "+442071838750"}, ivr.Party{Kind: ivr.PartyBot, ID: "bot"}
		want.Started, want.Answered, want.Ended, want.Steps = begin, p.s.Answered, p.s.Ended, p.s.Steps
		marks := last.Marks
		last.Marks = nil
		if !reflect.DeepEqual(last, want) || want.Answered.IsZero() || want.Ended.IsZero() {
			t.Errorf("%s: the record is\n%+v, want\n%+v", keys, last, want)
		}
		if len(marks) != 2*len(keys) || marks[0] != (store.Mark{Kind: "milestone", Name: "began", At: begin}) || marks[1].Name != "line" || marks[1].Text != "hot" {
			t.Errorf("%s: marks %+v", keys, marks)
		}
	}
}

// creating is the call to somebody else that is being made, -1 if there is none.
func (p *player) creating() int {
	for i, op := range p.s.Ops {
		if op.Kind == "create_call" {
			return i
		}
	}
	return -1
}

// A transfer of which the platform tells late is done all the same.
func TestSummaryOfTransfer(t *testing.T) {
	db := &store.MemoryDB{Now: func() time.Time { return begin }}
	p := newPlayer(t, newStore(t, db, nil), loadText(t, "ivr: 1\nflow: a\nstart: main\nstates:\n  main: [{transfer: {user: 5f0c7c7e-0000-4000-8000-000000000001}, failed: end}]\n"), "s1", 1)
	p.run("")
	row, err := db.Read(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	var got store.Summary
	parse(t, row.Summary, &got)
	if got.Transfer != "done" || got.EndedBy != ivr.EndedByTransfer {
		t.Errorf("%+v", got)
	}
}

// What is written by hand of a record is what JSON would write: a member that is
// added later is not forgotten.
func TestRecordJSON(t *testing.T) {
	for _, r := range store.Records(call.Pending{Cmd: ivr.HangUp{Op: 3}}) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
		got, err := r.JSON()
		if err != nil || string(got)+"\n" != want.String() {
			t.Errorf("written as\n%s, %v, want\n%s", got, err, want.String())
		}
	}
}
