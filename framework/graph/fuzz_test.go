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

func checkDecoded(t *testing.T, n graph.Notification) {
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
