package conformance_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// limit is a documented limit of a property of a request. The path is below
// /communications/calls; see the methods' pages.
type limit struct {
	path     string
	property string
	kind     string // "maxLength", "maxItems", "minimum" or "maximum"
	value    int
}

func limits() []limit {
	all := []limit{
		{"", "ringingTimeoutInSeconds", "maximum", 115},
		{"/{call}/playPrompt", "prompts", "maxItems", 20},
		{"/{call}/recordResponse", "prompts", "maxItems", 1},
		{"/{call}/recordResponse", "initialSilenceTimeoutInSeconds", "minimum", 1},
		{"/{call}/recordResponse", "initialSilenceTimeoutInSeconds", "maximum", 120},
		{"/{call}/recordResponse", "maxRecordDurationInSeconds", "minimum", 1},
		{"/{call}/recordResponse", "maxRecordDurationInSeconds", "maximum", 120},
		{"/{call}/recordResponse", "maxSilenceTimeoutInSeconds", "minimum", 1},
		{"/{call}/recordResponse", "maxSilenceTimeoutInSeconds", "maximum", 120},
		{"/{call}/redirect", "targets", "maxItems", 25},
		{"/{call}/redirect", "timeout", "minimum", 15},
		{"/{call}/redirect", "timeout", "maximum", 90},
		{"/{call}/participants/invite", "participants", "maxItems", 5},
	}
	for _, action := range []string{"addLargeGalleryView", "cancelMediaProcessing", "mute", "unmute", "playPrompt", "recordResponse", "sendDtmfTones",
		"subscribeToTone", "updateRecordingStatus", "participants/invite", "participants/muteAll", "participants/{id}/mute",
		"participants/{id}/startHoldMusic", "participants/{id}/stopHoldMusic"} {
		all = append(all, limit{"/{call}/" + action, "clientContext", "maxLength", 256})
	}
	return all
}

// requestOf is a documented request that a limit is about.
func (l limit) requestOf(t *testing.T) exchange {
	t.Helper()
	for _, x := range exchanges(t) {
		path := strings.Replace(x.request.Path, "/microsoft.graph.", "/", 1)
		if x.Version == "beta" && x.request.Method == http.MethodPost && path == "/communications/calls"+l.path {
			return x
		}
	}
	t.Fatalf("no documented request for %s", l.path)
	return exchange{}
}

// with is the request with a value that is beyond the limit by so much.
func (l limit) with(t *testing.T, x exchange, beyond int) exchange {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(x.request.Body, &body); err != nil {
		t.Fatal(err)
	}
	n := l.value + beyond
	switch l.kind {
	case "maxLength":
		body[l.property] = strings.Repeat("é", n)
	case "maxItems":
		list, _ := body[l.property].([]any)
		if len(list) == 0 {
			t.Fatalf("%s has no %s", x.request.Path, l.property)
		}
		body[l.property] = l.items(t, list[0], n)
	case "minimum":
		body[l.property] = l.value - beyond
	case "maximum":
		body[l.property] = n
	}
	x.request.Body = json.RawMessage(jsonOf(t, body))
	return x
}

// items are n copies of one, or n users.
func (l limit) items(t *testing.T, one any, n int) []any {
	t.Helper()
	var items []any
	for i := range n {
		var item any
		text := jsonOf(t, one)
		if l.property != "prompts" {
			text = userOf(20 + i) // who is not in the call yet
		}
		if err := json.Unmarshal([]byte(text), &item); err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

func userOf(i int) string {
	return `{"@odata.type":"#microsoft.graph.invitationParticipantInfo","identity":{"@odata.type":"#microsoft.graph.identitySet","user":{"@odata.type":"#microsoft.graph.identity","id":"` + userID(i) + `"}}}`
}

func userID(i int) string { return fmt.Sprintf("22223333-4444-5555-6666-7777888%05d", i) }

// TestClientKeepsLimits: what is at a limit is sent, and what is beyond is not;
// the refusal names the limit.
func TestClientKeepsLimits(t *testing.T) {
	for _, l := range limits() {
		t.Run(strings.Trim(l.path+" "+l.property+" "+l.kind, "/ "), func(t *testing.T) {
			x := l.requestOf(t)
			s := &service{reply: x.response}
			if _, err := ask(t, l.with(t, x, 0), s); err != nil || s.path == "" {
				t.Errorf("at the limit: %v", err)
			}
			s = &service{reply: x.response}
			_, err := ask(t, l.with(t, x, 1), s)
			if err == nil || s.path != "" || !strings.Contains(err.Error(), fmt.Sprint(l.value)) {
				t.Errorf("beyond the limit: sent to %q, %v; want nothing sent and an error with %d", s.path, err, l.value)
			}
		})
	}
}

// TestSimulatorKeepsLimits: the same from the other side, for what the simulator
// serves.
func TestSimulatorKeepsLimits(t *testing.T) {
	not, checked := readMissing(t).Served, 0
	for _, l := range limits() {
		x := l.requestOf(t)
		if not[x.id()+", "+x.request.Method] != "" {
			continue // TestSimulatorServesDocumentedRequests looks after the list
		}
		checked++
		for beyond := range 2 {
			onPlatform(t, x.Version, func(p *platform) {
				a := p.play(l.with(t, x, beyond), graphsim.Answers)
				if refused := a.status == http.StatusBadRequest; refused != (beyond == 1) || a.status >= 300 && !refused {
					t.Errorf("%s of %s, %d beyond the %s of %d: got %d %s", l.property, x.request.Path, beyond, l.kind, l.value, a.status, a.reason())
				}
			})
		}
	}
	if checked < 12 {
		t.Errorf("%d limits checked, want 12 or more", checked)
	}
	t.Logf("%d of %d limits", checked, len(limits()))
}

// schema is the reference's metadata.
type schema struct {
	Enums      map[string]struct{ Members []struct{ Name string } }
	Types      map[string]struct{ Properties map[string]constrained }
	Operations []struct {
		Method, Path, DocumentedOn string
		Parameters                 map[string]constrained
	}
}

type constrained struct{ Constraints map[string]any }

func readSchema(t *testing.T) schema {
	t.Helper()
	data, err := os.ReadFile(reference(t, "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLimitsAreTheReferences compares the limits with the reference's.
func TestLimitsAreTheReferences(t *testing.T) {
	s := readSchema(t)
	have := map[limit]bool{}
	note := func(path string, properties map[string]constrained) {
		for name, p := range properties {
			for kind, value := range p.Constraints {
				if n, ok := value.(float64); ok && slices.Contains([]string{"maxLength", "maxItems", "minimum", "maximum"}, kind) {
					have[limit{path, name, kind, int(n)}] = true
				}
			}
		}
	}
	ids := strings.NewReplacer("/communications/calls", "", "{call-id}", "{call}", "{participant-id}", "{id}")
	for _, o := range s.Operations {
		if o.DocumentedOn != "" {
			note(ids.Replace(o.Path), o.Parameters)
		}
	}
	note("", s.Types["microsoft.graph.call"].Properties)
	for _, l := range limits() {
		if !have[l] {
			t.Errorf("%+v is not in the reference", l)
		}
		delete(have, l)
	}
	for l := range have {
		t.Errorf("%+v is in the reference and not in the list", l)
	}
}

// spell reads an enumeration's member in capitals and says how the code spells
// it; what the code does not know comes back in capitals.
func spell[T ~string, P interface {
	*T
	UnmarshalText(text []byte) error
}](text string) string {
	var v T
	if err := P(&v).UnmarshalText([]byte(text)); err != nil {
		return err.Error()
	}
	return string(v)
}

// enums are the service's enumerations that the code knows by their members; the
// others are texts for it, whose members it hands on.
func enums() map[string]func(string) string {
	return map[string]func(string) string{
		"changeType":                 spell[graph.ChangeType],
		"operationStatus":            spell[graph.OperationStatus],
		"callDirection":              spell[graph.Direction],
		"playPromptCompletionReason": spell[graph.CompletionReason],
		"sendDtmfCompletionReason":   spell[graph.CompletionReason],
		"recordCompletionReason":     spell[graph.CompletionReason],
		"callState": func(s string) string {
			return cmp.Or(strings.Replace(ivr.ParseCallState(s).String(), "unknown", "", 1), s)
		},
		"mediaState": func(s string) string {
			return cmp.Or(strings.Replace(ivr.ParseAudioState(s).String(), "unknown", "", 1), s)
		},
		"tone": func(s string) string {
			if key, ok := graph.Tone(s).Key(); ok {
				return string(graph.ToneOf(key))
			}
			return s
		},
	}
}

// unread are members that the code does not know on purpose.
var unread = []string{"tone.flash"}

// handedOn are enumerations that the code compares nowhere or that another test
// compares (TestEnumsMatchMetadata of package graph).
var handedOn = []string{
	"recordingStatus", "screenSharingRole", "routingMode", "modality", "routingPolicy", // there
	"rejectReason", // in ivr.Reject and checked by the client
	"autoAdmittedUsersType", "callDisposition", "callTranscriptionState", "contentModality", "detectionSeverity", "endpointType", "initiatorType",
	"mediaDirection", "onlineMeetingContentSharingDisabledReason", "onlineMeetingVideoDisabledReason", "routingType",
}

// TestEnumsAreTheReferences: the code knows each member, in any case, in the
// spelling of the wire. What is new in the reference shows here.
func TestEnumsAreTheReferences(t *testing.T) {
	s := readSchema(t)
	known := enums()
	for full, enum := range s.Enums {
		name := strings.TrimPrefix(full, "microsoft.graph.")
		read := known[name]
		if read == nil {
			if !slices.Contains(handedOn, name) {
				t.Errorf("the enumeration %s is in the reference and the code says nothing of it", name)
			}
			continue
		}
		for _, member := range enum.Members {
			capitals := strings.ToUpper(member.Name)
			got, want := read(capitals), strings.ToLower(member.Name[:1])+member.Name[1:]
			if member.Name == "unknownFutureValue" || slices.Contains(unread, name+"."+member.Name) {
				want = capitals
			}
			if got != want {
				t.Errorf("%s.%s: the code reads %q, want %q", name, member.Name, got, want)
			}
		}
		if got := read("SOMETHING"); got != "SOMETHING" {
			t.Errorf("%s: an unknown member is read as %q", name, got)
		}
	}
	for _, name := range handedOn {
		if _, ok := s.Enums["microsoft.graph."+name]; !ok {
			t.Errorf("the reference has no enumeration %s", name)
		}
	}
}

// TestRejectReasons: the client takes the documented reasons and no others.
func TestRejectReasons(t *testing.T) {
	for reason, ok := range map[string]bool{"none": true, "busy": true, "forbidden": true, "unknownFutureValue": false, "Busy": false, "away": false} {
		s := &service{reply: message{Status: http.StatusAccepted}}
		_, err := ask(t, exchange{example: example{Version: "beta"}, request: message{Method: http.MethodPost, Path: "/communications/calls/{call}/reject",
			Body: json.RawMessage(`{"reason":"` + reason + `"}`)}}, s)
		if (err == nil) != ok || bytes.Contains(s.body, []byte(reason)) != ok {
			t.Errorf("%s: %v, sent %s; want it sent %t", reason, err, s.body, ok)
		}
	}
}
