package graphsim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// metadata is what the service's metadata says about calls; see the file.
type metadata struct {
	Enums map[string]struct{ Members []declared }
	Types map[string]struct {
		Base       string
		Properties map[string]declared
	}
	Actions map[string]struct {
		Path       string // below the call, if it is not the name
		Beta       bool
		Parameters map[string]declared
	}
}

// declared is a member, property or parameter.
type declared struct {
	Name, Type string
	Beta       bool // v1.0 does not have it
}

func loadMetadata(t *testing.T) metadata {
	t.Helper()
	b, err := os.ReadFile("testdata/metadata.json")
	if err != nil {
		t.Fatal(err)
	}
	var m metadata
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// undeclared are properties that occur on the wire although no type declares
// them.
func undeclared() []string {
	return []string{"participantInfo.id", "invitationParticipantInfo.id", "invitationParticipantInfo.endpointType", "invitationParticipantInfo.region",
		"invitationParticipantInfo.languageId", "identity.tenantId", "resultInfo.subCode",
		"identitySet.phone", "identitySet.applicationInstance", "identitySet.guest", "identitySet.encrypted",
		"commsNotification.resource", "commsNotification.resourceData", "organizerMeetingInfo.allowConversationWithoutHost"}
}

// check walks a value and returns what the metadata of a version does not know.
func (m metadata) check(v any, beta bool) []string {
	var faults []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			faults = append(faults, m.check(e, beta)...)
		}
	case map[string]any:
		tag, _ := v["@odata.type"].(string)
		name := strings.TrimPrefix(tag, "#")
		if _, ok := m.Types[name]; !ok {
			faults = append(faults, fmt.Sprintf("type %q is unknown in %v", tag, v))
		}
		for key, value := range v {
			if !strings.HasPrefix(key, "@") {
				faults = append(faults, m.property(name, key, value, beta)...)
			}
			faults = append(faults, m.check(value, beta)...)
		}
	}
	return faults
}

func (m metadata) property(typeName, key string, value any, beta bool) []string {
	short := strings.TrimPrefix(typeName, "microsoft.graph.") + "." + key
	for name := typeName; name != ""; name = m.Types[name].Base {
		p, ok := m.Types[name].Properties[key]
		if !ok {
			continue
		}
		if p.Beta && !beta && !slices.Contains(undeclared(), short) {
			return []string{short + " is declared for the beta only"}
		}
		text, isText := value.(string)
		enum, isEnum := m.Enums[p.Type]
		if !isEnum || value == nil {
			return nil
		}
		known := slices.ContainsFunc(enum.Members, func(e declared) bool {
			return strings.EqualFold(e.Name, text) && (beta || !e.Beta)
		})
		if !isText || !known || strings.ToLower(text[:1]) != text[:1] {
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
	for _, version := range []string{"beta", "v1.0"} {
		for _, odd := range [][]graphsim.Oddity{nil, {graphsim.ManyEstablished, graphsim.Escalates}, {graphsim.AudioDrops, graphsim.CompletedInResponse}} {
			t.Run(fmt.Sprint(version, odd), func(t *testing.T) {
				for _, b := range talkOfAll(t, version, odd) {
					var v any
					if err := json.Unmarshal(b, &v); err != nil {
						t.Fatalf("%v: %s", err, b)
					}
					for _, fault := range m.check(v, version == "beta") {
						t.Errorf("%s", fault)
					}
				}
			})
		}
	}
}

// talkOfAll uses everything in one call and returns all bodies of the
// simulator's.
func talkOfAll(t *testing.T, version string, odd []graphsim.Oddity) [][]byte {
	t.Helper()
	w := newWorld(t, func(c *graphsim.Config) {
		c.Oddities, c.Settings.PromptCancel, c.Settings.IDInUpdates = odd, graphsim.CancelByEnum, true
		c.Settings.OperationUpdates, c.Settings.Roster, c.Settings.TellRedirecting = true, true, true
	})
	w.version = version
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
	answers = append(answers, w.call("GET", c).raw)
	w.call("DELETE", c)
	w.clock.forward(time.Second)
	r := w.ring(incomingCaller())
	w.must(r, "redirect", `{"targets":[{"identity":{"phone":{"id":"+14255550177"}}}]}`)
	w.clock.forward(time.Minute)
	return append(answers, w.bodies...)
}

// The same of what is posted and answered in meetings, by a bot that has its
// own media and by one that does not.
func TestMeetingMetadata(t *testing.T) {
	m := loadMetadata(t)
	for _, version := range []string{"beta", "v1.0"} {
		for _, hosted := range []bool{false, true} {
			for _, b := range meetingOfAll(t, version, hosted) {
				var v any
				if err := json.Unmarshal(b, &v); err != nil {
					t.Fatalf("%v: %s", err, b)
				}
				if body, ok := v.(map[string]any); ok && body["value"] != nil && body["@odata.type"] == nil {
					v = body["value"] // a list that was answered
				}
				for _, fault := range m.check(v, version == "beta") {
					t.Errorf("%s hosted %v: %s", version, hosted, fault)
				}
			}
		}
	}
}

// meetingOfAll uses everything in one meeting and returns all bodies of the
// simulator's.
func meetingOfAll(t *testing.T, version string, hosted bool) [][]byte {
	t.Helper()
	b := newTable(t, nil)
	if hosted {
		b = hostedTable(t)
	}
	b.version = version
	a := b.create(joinBody(byOrganizer(b.schedule(graphsim.MeetingPlan{}))))
	answers := [][]byte{a.raw}
	b.eve.Share()
	bob, eve := "participants/"+b.bob.ID(), "participants/"+b.eve.ID()
	for _, r := range []struct{ method, path, body string }{
		{"POST", "participants/invite", invitation(invitee("Ann", ""), invitee("Joe", ""))}, {"GET", "participants", ""}, {"GET", bob, ""},
		{"POST", eve + "/mute", ""}, {"POST", bob + "/startHoldMusic", ""}, {"POST", bob + "/stopHoldMusic", ""}, {"POST", "mute", ""}, {"POST", "unmute", ""},
		{"POST", "audioRoutingGroups", group("g", "multicast", b.bob.ID(), b.eve.ID())}, {"GET", "audioRoutingGroups", ""}, {"GET", "audioRoutingGroups/g", ""},
		{"POST", "updateRecordingStatus", `{"status":"recording"}`}, {"GET", "contentSharingSessions", ""}, {"POST", "sendDtmfTones", `{"tones":["tone1"]}`},
		{"POST", "participants/muteAll", ""}, {"POST", "addLargeGalleryView", ""}, {"POST", "changeScreenSharingRole", `{"role":"sharer"}`}, {"DELETE", eve, ""},
		{"GET", "?$expand=participants,operations,audioRoutingGroups,contentSharingSessions", ""},
	} {
		path := b.path(b.c) + "/" + r.path
		if strings.HasPrefix(r.path, "?") {
			path = b.path(b.c) + r.path
		}
		a := b.send(b.request(r.method, path, r.body))
		refused := a.status == 404 && strings.HasSuffix(r.path, "muteAll") && version == "v1.0" ||
			a.status == 400 && !hosted && (r.path == "addLargeGalleryView" || r.path == "changeScreenSharingRole")
		if a.status >= 300 && !refused {
			t.Fatalf("%s %s: %d %s", r.method, r.path, a.status, a.raw)
		}
		if len(a.raw) > 0 && !refused {
			answers = append(answers, a.raw)
		}
		b.clock.forward(4 * time.Second)
	}
	return append(answers, b.bodies...)
}

// The parameters of every action are those of the metadata: each is taken by
// the versions that declare it, and by no other.
func TestParametersAreDeclared(t *testing.T) {
	values := map[string]string{"Edm.String": `"default"`, "Edm.Boolean": `true`, "Edm.Int32": `15`}
	for action, a := range loadMetadata(t).Actions {
		for name, p := range a.Parameters {
			for _, version := range []string{"beta", "v1.0"} {
				value := values[p.Type]
				if value == "" {
					value = "null"
				}
				if a.Beta && version == "v1.0" {
					continue
				}
				path := action
				if a.Path != "" {
					path = strings.ReplaceAll(a.Path, "{id}", "x")
				}
				w := newWorld(t, nil)
				w.version = version
				got := w.act(w.ring(graphsim.Caller{}), path, `{"`+name+`":`+value+`}`)
				if got.status == 404 || got.status == 501 {
					t.Errorf("%s: %d %s", path, got.status, got.message())
				}
				refused := strings.Contains(got.message(), "'"+name+"' in the request payload is not a valid parameter")
				if refused != (p.Beta && version == "v1.0") {
					t.Errorf("%s: %s of %s: %d %s", version, name, action, got.status, got.message())
				}
			}
		}
	}
}
