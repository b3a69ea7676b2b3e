package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/graph"
)

// bodyOf is the body in a file of testdata/calls, nil for none.
func bodyOf(t *testing.T, file string) []byte {
	t.Helper()
	text := read(t, filepath.Join("testdata", "calls", file+".http"))
	if i := bytes.Index(text, []byte("\n{")); i >= 0 {
		return text[i+1:]
	}
	return nil
}

// TestCallsMatchMetadata checks every body that the client sends against the
// service's metadata.
func TestCallsMatchMetadata(t *testing.T) {
	compiler := metadataCompiler(t)
	for _, test := range uses() {
		body := bodyOf(t, test.file)
		if body == nil {
			continue
		}
		t.Run(test.file, func(t *testing.T) {
			line, _, _ := strings.Cut(string(read(t, filepath.Join("testdata", "calls", test.file+".http"))), "\n")
			def := "action." + line[strings.LastIndexByte(line, '/')+1:]
			switch {
			case strings.HasSuffix(line, "/calls"):
				def, body = "microsoft.graph.call", bytes.Replace(body, []byte("{"), []byte(`{"id":"",`), 1)
			case strings.Contains(line, "/audioRoutingGroups"):
				def = "microsoft.graph.audioRoutingGroup"
			}
			schema, err := compiler.Compile("metadata.json#/$defs/" + def)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(schema, body); err != nil {
				t.Errorf("%s: %v", body, err)
			}
		})
	}
}

// TestMethods compares the table of methods with the service's: each method
// that has a documentation page is there.
func TestMethods(t *testing.T) {
	var m struct {
		Operations []struct {
			Method, Path, DocumentedOn string
			InV1                       bool
		}
	}
	if err := json.Unmarshal(read(t, reference(t, "schema.json")), &m); err != nil {
		t.Fatal(err)
	}
	ids := strings.NewReplacer("{call-id}", "{call}", "{audioRoutingGroup-id}", "{id}", "{contentSharingSession-id}", "{id}",
		"{commsOperation-id}", "{id}", "{participant-id}", "{id}")
	left := map[string]graph.Method{}
	for _, method := range graph.Methods() {
		left[method.HTTP+" "+method.Path] = method
	}
	for _, o := range m.Operations {
		if o.DocumentedOn == "" {
			continue
		}
		key := o.Method + " " + ids.Replace(o.Path)
		method, ok := left[key]
		if delete(left, key); !ok {
			t.Errorf("%s is documented and not in the table", key)
			continue
		}
		if page := strings.TrimSuffix(filepath.Base(o.DocumentedOn), ".md"); method.Page != page {
			t.Errorf("%s: page %s, want %s", key, method.Page, page)
		}
		if method.Beta == o.InV1 {
			t.Errorf("%s: beta only %t, want %t", key, method.Beta, !o.InV1)
		}
	}
	for key := range left {
		t.Errorf("%s is in the table and not documented", key)
	}
}

// TestMethodsAreUsed shows that each method of the table has a Go form that
// sends its path.
func TestMethodsAreUsed(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("testdata", "calls"))
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, test := range uses() {
		tested[test.file+".http"] = true
	}
	sent := map[string]bool{}
	for _, file := range files {
		if !tested[file.Name()] {
			t.Errorf("no test has %s", file.Name())
		}
		line, _, _ := strings.Cut(string(read(t, filepath.Join("testdata", "calls", file.Name()))), "\n")
		line, _, _ = strings.Cut(line, "?")
		for _, id := range []string{inCall, "oneToOne", "o1", "s1"} {
			line = regexp.MustCompile(`/`+id+`(/|$)`).ReplaceAllString(line, "/{id}$1")
		}
		sent[strings.ReplaceAll(line, call1, "{call}")] = true
	}
	receivers := map[string]reflect.Type{}
	for _, v := range []any{graph.CallsClient{}, graph.CallClient{}, graph.ParticipantClient{}, graph.GroupClient{}} {
		receivers[reflect.TypeOf(v).Name()] = reflect.TypeOf(v)
	}
	for _, method := range graph.Methods() {
		receiver, name, _ := strings.Cut(method.Go, ".")
		typ := receivers[receiver]
		if typ == nil {
			t.Fatalf("%s: no type %q", method.Name, receiver)
		}
		if m, ok := typ.MethodByName(name); !ok {
			t.Errorf("%s: %s has no method %q", method.Name, receiver, name)
		} else if m.Type.IsVariadic() != method.Query {
			t.Errorf("%s: takes query options %t, the table says %t", method.Go, m.Type.IsVariadic(), method.Query)
		}
		if key := method.HTTP + " " + method.Path; !sent[key] {
			t.Errorf("no request in testdata/calls for %s: %s", method.Name, key)
		}
		if method.Class == graph.ClassNone || method.HTTP == http.MethodGet && method.Class != graph.ClassA {
			t.Errorf("%s: class %s", method.Name, method.Class)
		}
	}
}

// goTypes are Graph's types and what they are here. Some Go types serve
// several.
func goTypes() map[string]any {
	return map[string]any{
		"call": graph.CallResource{}, "participant": graph.Participant{}, "audioRoutingGroup": graph.AudioRoutingGroup{},
		"contentSharingSession": graph.ContentSharingSession{}, "commsOperation": graph.OperationResource{},
		"inviteParticipantsOperation": graph.OperationResource{}, "recordOperation": graph.OperationResource{},
		"playPromptOperation": graph.OperationResource{}, "sendDtmfTonesOperation": graph.OperationResource{},
		"participantInfo": graph.ParticipantInfo{}, "invitationParticipantInfo": graph.InvitationParticipantInfo{},
		"identitySet": graph.IdentitySet{}, "communicationsIdentitySet": graph.IdentitySet{}, "identity": graph.Identity{},
		"communicationsGuestIdentity": graph.Identity{}, "communicationsUserIdentity": graph.Identity{},
		"communicationsApplicationIdentity": graph.Identity{}, "communicationsApplicationInstanceIdentity": graph.Identity{},
		"azureCommunicationServicesUserIdentity": graph.Identity{},
		"serviceHostedMediaConfig":               graph.MediaConfig{}, "appHostedMediaConfig": graph.MediaConfig{}, "mediaConfig": graph.MediaConfig{},
		"liveCaptionOptions": graph.LiveCaptionOptions{}, "mediaInfo": graph.MediaInfo{}, "callOptions": graph.CallOptions{},
		"chatInfo": graph.ChatInfo{}, "meetingInfo": graph.MeetingInfo{}, "organizerMeetingInfo": graph.MeetingInfo{},
		"tokenMeetingInfo": graph.MeetingInfo{}, "joinMeetingIdMeetingInfo": graph.MeetingInfo{}, "meetingCapability": graph.Capability{},
		"incomingContext": graph.IncomingContext{}, "callTranscriptionInfo": graph.Transcription{}, "callRoute": graph.CallRoute{},
		"callMediaState": graph.MediaState{}, "toneInfo": graph.ToneInfo{}, "resultInfo": graph.ResultInfo{},
		"mediaStream": graph.MediaStream{}, "recordingInfo": graph.RecordingInfo{}, "removedState": graph.RemovedState{},
		"onlineMeetingRestricted": graph.Restrictions{}, "syntheticMediaDetectionInfo": graph.SyntheticMedia{},
		"teleconferenceDeviceQuality": graph.DeviceQuality{}, "teleconferenceDeviceMediaQuality": graph.MediaQuality{},
		"teleconferenceDeviceVideoQuality": graph.MediaQuality{},
	}
}

// TestPropertiesMatchMetadata shows that each declared property has a field,
// and that those which /v1.0 lacks are marked.
func TestPropertiesMatchMetadata(t *testing.T) {
	var m struct {
		Types map[string]struct {
			Properties map[string]struct{ InV1 bool }
		}
	}
	if err := json.Unmarshal(read(t, reference(t, "schema.json")), &m); err != nil {
		t.Fatal(err)
	}
	// The documentation of /v1.0 has these in its examples; they are not refused.
	documented := []string{"mediaConfig.removeFromDefaultAudioGroup", "meetingInfo.allowConversationWithoutHost", "invitationParticipantInfo.endpointType",
		// What only the service says is not checked.
		"call.answeredBy", "call.terminationReason", "recordOperation.completionReason", "playPromptOperation.completionReason",
		"liveCaptionOptions.streamUrl", "meetingCapability.allowAnonymousUsersToDialOut", "meetingCapability.allowAnonymousUsersToStartMeeting",
		"meetingCapability.autoAdmittedUsers", "syntheticMediaDetectionInfo.detectionId", "syntheticMediaDetectionInfo.detectorBot",
		"syntheticMediaDetectionInfo.isParticipantTrusted", "syntheticMediaDetectionInfo.syntheticConfidence",
		// Expanding is one way to read it; it is a stream, not a property of the JSON.
		"contentSharingSession.pngOfCurrentSlide"}
	for name, value := range goTypes() {
		typ, ok := m.Types["microsoft.graph."+name]
		if !ok {
			t.Errorf("the metadata has no type %s", name)
		}
		fields := map[string]string{}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(value)) {
			json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields[json] = f.Tag.Get("graph")
		}
		for property, is := range typ.Properties {
			note, has := fields[property]
			place := name + "." + property
			switch exempt := slices.Contains(documented, place); {
			case exempt:
			case !has:
				t.Errorf("%s has no field", place)
			case (note == "beta") == is.InV1:
				t.Errorf("%s: marked %q, in /v1.0 %t", place, note, is.InV1)
			}
		}
	}
}

// TestEnumsMatchMetadata compares the enumerations that requests are made of.
func TestEnumsMatchMetadata(t *testing.T) {
	var m metadata
	if err := json.Unmarshal(read(t, reference(t, "schema.json")), &m); err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{
		"recordingStatus":   {string(graph.RecordingUnknown), string(graph.RecordingNotRecording), string(graph.RecordingRecording), string(graph.RecordingFailed)},
		"screenSharingRole": {string(graph.RoleViewer), string(graph.RoleSharer)},
		"routingMode":       {string(graph.RoutingOneToOne), string(graph.RoutingMulticast)},
		"modality":          {"unknown", graph.ModalityAudio, graph.ModalityVideo, graph.ModalityVideoBasedScreenSharing, graph.ModalityData},
		"routingPolicy": {graph.RoutingNone, graph.RoutingNoMissedCall, graph.RoutingDisableForwardingExceptPhone,
			graph.RoutingDisableForwarding, graph.RoutingPreferSkypeForBusiness},
	}
	for name, got := range tests {
		var want []string
		for _, member := range m.Enums["microsoft.graph."+name].Members {
			if member.Name != "unknownFutureValue" {
				want = append(want, member.Name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
