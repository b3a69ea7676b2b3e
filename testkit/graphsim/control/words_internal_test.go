package control

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
)

func TestAction(t *testing.T) {
	const id = "11111111-2222-4333-8444-555555555555"
	for _, tt := range []struct{ method, path, name, call string }{
		{"POST", "/tenant/oauth2/v2.0/token", "token", ""},
		{"GET", "/v1/.well-known/OpenIdConfiguration", "metadata", ""},
		{"GET", "/v1/.well-known/keys", "keys", ""},
		{"GET", "/recordings/x", "download", ""},
		{"GET", "/", "unknown", ""},
		{"GET", "/v1.0/users/x", "unknown", ""},
		{"POST", "/v1.0/communications/calls", "create", ""},
		{"GET", "/v1.0/communications/calls", "list", ""},
		{"GET", "/v1.0/communications/calls/" + id, "get", id},
		{"DELETE", "/beta/app/calls/" + strings.ToUpper(strings.ReplaceAll(id, "-", "")), "delete", id},
		{"POST", "/v1.0/communications/calls/" + id + "/playPrompt", "playPrompt", id},
		{"POST", "/v1.0/communications/calls/" + id + "/microsoft.graph.playPrompt", "playPrompt", id},
		{"POST", "/beta/communications/calls('" + id + "')/answer", "answer", id},
		{"GET", "/beta/communications/calls/" + id + "/participants", "participants", id},
		{"GET", "/beta/communications/calls/" + id + "/participants/" + id, "participants/get", id},
		{"DELETE", "/beta/communications/calls/" + id + "/participants/" + id, "participants/delete", id},
		{"POST", "/beta/communications/calls/" + id + "/participants/invite", "participants/invite", id},
		{"POST", "/beta/communications/calls/" + id + "/participants/" + id + "/mute", "participants/mute", id},
		{"POST", "/beta/communications/calls/" + id + "/audioRoutingGroups", "audioRoutingGroups/create", id},
		{"PATCH", "/beta/communications/calls/" + id + "/audioRoutingGroups/" + id, "audioRoutingGroups/update", id},
		{"GET", "/beta/communications/calls/" + id + "/operations/" + id, "operations/get", id},
	} {
		if name, call := action(tt.method, tt.path); name != tt.name || call != tt.call {
			t.Errorf("%s %s is %q of the call %q, want %q of %q", tt.method, tt.path, name, call, tt.name, tt.call)
		}
	}
}

func TestReadCallback(t *testing.T) {
	const id = "11111111-2222-4333-8444-555555555555"
	element := func(change, below, data string) string {
		return `{"changeType": "` + change + `", "resourceUrl": "/communications/calls/11111111222243338444555555555555` + below + `", "resourceData": ` + data + `}`
	}
	for _, tt := range []struct{ body, call, tells string }{
		{element("created", "", `{"state": "incoming"}`), id, "incoming"},
		{element("updated", "", `{"state": "Established"}`), id, "established"},
		{element("updated", "", `{"state": "established", "mediaState": {"audio": "active"}}`), id, "audio"},
		{element("updated", "", `{"toneInfo": {"tone": "tone1"}}`), id, "tone"},
		{element("deleted", "", `{"state": "terminated"}`), id, "terminated"},
		{element("updated", "/participants", `[]`), id, "participants"},
		{element("deleted", "/operations/x", `{"@odata.type": "#microsoft.graph.playPromptOperation"}`), id, "playPrompt"},
		{element("deleted", "/operations/x", `{"@odata.type": "#microsoft.graph.recordOperation"}`), id, "recordResponse"},
		{element("deleted", "/operations/x", `{"@odata.type": "#microsoft.graph.inviteParticipantsOperation"}`), id, "invite"},
		{element("deleted", "/operations/x", `{"@odata.type": "#microsoft.graph.unmuteParticipantOperation"}`), id, "unmute"},
		{element("created", "/contentSharingSessions/x", `{}`), id, "contentSharing"},
		{element("updated", "", `{"state": "establishing"}`) + "," + element("updated", "", `{"state": "established"}`), id, "establishing,established"},
	} {
		call, tells := readCallback([]byte(`{"value": [` + tt.body + `]}`))
		if call != tt.call || strings.Join(tells, ",") != tt.tells {
			t.Errorf("%s tells %q of the call %q, want %q", tt.body, tells, call, tt.tells)
		}
	}
	if call, tells := readCallback([]byte(`{"id": "` + id + `", "callState": "incoming"}`)); call != id || tells[0] != "incoming" {
		t.Errorf("the legacy form tells %q of %q", tells, call)
	}
	if _, tells := readCallback(nil); tells[0] != "unreadable" {
		t.Errorf("nothing tells %q", tells)
	}
}

// The log forgets the oldest, and says how many.
func TestJournalForgets(t *testing.T) {
	j := newJournal(nil)
	for range maxEntries + 10 {
		j.add(Entry{Kind: kindControl})
	}
	list, lost, _ := j.after(3, func(Entry) bool { return true })
	if len(list) != maxEntries || lost != 7 || list[0].N != 11 {
		t.Errorf("%d entries from %d, %d lost", len(list), list[0].N, lost)
	}
	j.add(Entry{Kind: kindControl, Request: make([]byte, maxBytes)})
	if list, _, _ := j.after(0, func(Entry) bool { return true }); len(list) != 0 {
		t.Errorf("%d entries are left beside one that is too large", len(list))
	}
}

// The example of RFC 7638, section 3.1.
func TestThumbprint(t *testing.T) {
	n, err := base64.RawURLEncoding.DecodeString("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")
	if err != nil {
		t.Fatal(err)
	}
	if got := Thumbprint(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}); got != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("the thumbprint is %s", got)
	}
}
