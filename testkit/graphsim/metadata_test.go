package graphsim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// metadata is the part of the service's metadata that the test reads.
type metadata struct {
	Enums map[string]struct{ Members []struct{ Name string } }
	Types map[string]struct {
		Base       string
		Properties map[string]struct{ Type string }
	}
}

// loadMetadata finds the reference data in a folder beside the checkout.
func loadMetadata(t *testing.T) metadata {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		b, err := os.ReadFile(filepath.Join(dir, "shared", "graph", "schema.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var m metadata
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	t.Skip("reference data not present")
	return metadata{}
}

// undeclared are properties that occur on the wire although no type declares
// them.
func undeclared() []string {
	return []string{"participantInfo.id", "invitationParticipantInfo.id", "invitationParticipantInfo.region",
		"invitationParticipantInfo.languageId", "identity.tenantId", "resultInfo.subCode",
		"identitySet.phone", "identitySet.applicationInstance", "identitySet.guest", "identitySet.encrypted",
		"commsNotification.resource", "commsNotification.resourceData"}
}

// check walks a value and returns what the metadata does not know.
func (m metadata) check(v any) []string {
	var faults []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			faults = append(faults, m.check(e)...)
		}
	case map[string]any:
		tag, _ := v["@odata.type"].(string)
		name := strings.TrimPrefix(tag, "#")
		if _, ok := m.Types[name]; !ok {
			faults = append(faults, fmt.Sprintf("type %q is unknown in %v", tag, v))
		}
		for key, value := range v {
			if !strings.HasPrefix(key, "@") {
				faults = append(faults, m.property(name, key, value)...)
			}
			faults = append(faults, m.check(value)...)
		}
	}
	return faults
}

func (m metadata) property(typeName, key string, value any) []string {
	short := strings.TrimPrefix(typeName, "microsoft.graph.") + "." + key
	for name := typeName; name != ""; name = m.Types[name].Base {
		p, ok := m.Types[name].Properties[key]
		if !ok {
			continue
		}
		text, isText := value.(string)
		enum, isEnum := m.Enums[p.Type]
		if !isEnum || value == nil {
			return nil
		}
		known := slices.ContainsFunc(enum.Members, func(e struct{ Name string }) bool { return strings.EqualFold(e.Name, text) })
		if !isText || !known {
			return []string{fmt.Sprintf("%s has no value %v", short, value)}
		}
		return nil
	}
	if slices.Contains(undeclared(), short) {
		return nil
	}
	return []string{short + " is not declared"}
}

// Everything that is posted and answered in these conversations is declared in
// the service's metadata, or known to occur all the same.
func TestMetadata(t *testing.T) {
	m := loadMetadata(t)
	for _, odd := range [][]graphsim.Oddity{nil, {graphsim.ManyEstablished, graphsim.Escalates}, {graphsim.AudioDrops, graphsim.CompletedInResponse}} {
		w := newWorld(t, func(c *graphsim.Config) {
			c.Oddities, c.Settings.PromptCancel, c.Settings.IDInUpdates = odd, graphsim.CancelByEnum, true
		})
		var answers [][]byte
		c := w.ring(incomingCaller())
		w.must(c, "answer", answerBody)
		w.clock.forward(4 * time.Second)
		w.sim.SetTarget(targetID, graphsim.Busy)
		for _, r := range []struct{ action, body string }{
			{"subscribeToTone", ""}, {"playPrompt", play("1", w.file("a.wav", time.Second))},
			{"playPrompt", play("1", w.file("b.wav", time.Minute))}, {"cancelMediaProcessing", ""},
			{"recordResponse", `{"stopTones":["1"]}`}, {"recordResponse", "{}"}, {"transfer", `{"transferTarget":` + target + `}`},
		} {
			if a := w.must(c, r.action, r.body); len(a.raw) > 0 {
				answers = append(answers, a.raw)
			}
			w.clock.forward(2 * time.Second)
			c.Press('1', '2')
			c.SpeakFor(time.Second)
			w.clock.forward(2 * time.Second)
			if odd != nil && r.action == "recordResponse" {
				break
			}
		}
		answers = append(answers, w.send(w.request("GET", "/beta/communications/calls/"+string(c.ID()), "")).raw)
		w.send(w.request("DELETE", "/beta/communications/calls/"+string(c.ID()), ""))
		w.clock.forward(time.Second)
		for _, b := range append(answers, w.bodies...) {
			var v any
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatalf("%v: %s", err, b)
			}
			for _, fault := range m.check(v) {
				t.Errorf("%s", fault)
			}
		}
	}
}
