package graph_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// FuzzDecode: any bytes may be posted. Nothing panics, what is decoded is
// bounded, and what is written again says the same.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "notifications", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	documented, err := filepath.Glob(filepath.Join("..", "..", "testkit", "conformance", "testdata", "*", "*.json"))
	if err != nil || len(documented) == 0 {
		f.Fatalf("no documented seeds: %v", err)
	}
	for _, file := range documented {
		for _, body := range documentedIn(f, file) {
			f.Add([]byte(body))
		}
	}
	for _, b := range bombs() {
		if len(b.body) < 4096 {
			f.Add([]byte(b.body))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		graph.IsLegacy(body)
		list, err := graph.DecodeNotifications(body)
		if err != nil {
			if list != nil {
				t.Errorf("%d notifications with an error", len(list))
			}
			return
		}
		if !json.Valid(bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff"))) && !json.Valid(body) {
			t.Errorf("%q is no JSON and was decoded", body)
		}
		if len(list) > 1000 {
			t.Errorf("%d notifications", len(list))
		}
		for _, n := range list {
			checkDecoded(t, n)
		}
		each, err := graph.DecodeEach(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))))
		if err != nil || !reflect.DeepEqual(list, each) {
			t.Errorf("the fast reader got\n%+v\nreading each element gives %v\n%+v", list, err, each)
		}
	})
}

// documentedIn are the notifications of a file of the conformance suite.
func documentedIn(f *testing.F, file string) []json.RawMessage {
	f.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	var examples []struct {
		Messages []struct {
			Kind string
			Body json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &examples); err != nil {
		f.Fatalf("%s: %v", file, err)
	}
	var bodies []json.RawMessage
	for _, e := range examples {
		for _, m := range e.Messages {
			if m.Kind == "notification" {
				bodies = append(bodies, m.Body)
			}
		}
	}
	return bodies
}

// FuzzReadOperation: the answer to a request may be any bytes, too. What is
// read is what encoding/json reads.
func FuzzReadOperation(f *testing.F) {
	for _, body := range []string{
		`{"@odata.type":"#microsoft.graph.playPromptOperation","id":"x","status":"running","clientContext":"s.1","resultInfo":null}`,
		`{"ID":"x","Status":"Failed","resultInfo":{"code":"400","subCode":8508,"message":"\u00e4"},"more":[1,{"a":-1.5e3}]}`,
		`{"recordingLocation":"https://x.example/?a=1&b=2","recordingAccessToken":"t","completionReason":"stopToneDetected"}`,
		` {} `, `null`, `[]`, `{"id":1}`, `{"id":"x"`, `{"id":"x",}`, `{"id":"\x"}`, `{} {}`, `{"toneInfo":{"tone":1}}`, "{\"id\":\"\x01\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if graph.CheckShape(body) != nil {
			return // nobody reads it
		}
		var want graph.Operation
		err := json.Unmarshal(body, &want)
		got, ok := graph.ReadOperation(body)
		if ok != (err == nil) || ok && !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: got %+v, %t; want %+v, %v", body, got, ok, want, err)
		}
	})
}

// checkLists reads what a notification says about several things; what cannot be
// read is an error, and a roster tells of nobody twice.
func checkLists(t *testing.T, n graph.Notification) {
	list, err := n.Participants()
	if err != nil && list != nil {
		t.Errorf("%d participants with an error", len(list))
	}
	var roster graph.Roster
	roster.Update(list)
	there := roster.Participants()
	if left := roster.Update(nil); len(left) != len(there) || len(roster.Participants()) != 0 {
		t.Errorf("%d of %d left, and %d are there", len(left), len(there), len(roster.Participants()))
	}
	if sessions, err := n.ContentSharingSessions(); err != nil && sessions != nil {
		t.Errorf("%d sessions with an error", len(sessions))
	}
	if notice, err := n.ParticipantNotice(); err == nil {
		marshal(t, notice)
	}
}

func checkDecoded(t *testing.T, n graph.Notification) {
	checkLists(t, n)
	event, ok := n.Event(epoch, "a")
	if ok && n.Err != nil {
		t.Errorf("a bad notification became %s", describe(event, ok))
	}
	if ok && (n.CallID == "" || n.CallID != ivr.NormalizeCallID(string(n.CallID))) {
		t.Errorf("call id %q", n.CallID)
	}
	if n.Err != nil {
		return
	}
	body, err := json.Marshal(graph.NewNotifications(n))
	if err != nil {
		t.Fatalf("writing it again: %v", err)
	}
	if len(body) > graph.MaxBody {
		return // escapes may make it longer
	}
	again, err := graph.DecodeNotifications(body)
	if err != nil || len(again) != 1 || again[0].Err != nil {
		t.Fatalf("%s: %v %+v", body, err, again)
	}
	if got, want := describe(again[0].Event(epoch, "a")), describe(event, ok); got != want {
		t.Errorf("written and read again:\n got %s\nwant %s\nbody %s", got, want, body)
	}
}
