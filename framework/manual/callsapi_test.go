package manual_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// verbsOf are the verbs of flows by the method that they ask of Graph. A verb
// that flows do not have yet is not shown.
var verbsOf = map[string][]string{
	"create call":                    {"dial", "hunt", "transfer", "join"},
	"hang up":                        {"end", "dial", "hunt"},
	"answer":                         {"answer"},
	"reject":                         {"reject"},
	"redirect":                       {"redirect"},
	"transfer":                       {"transfer", "hunt"},
	"playPrompt":                     {"play", "menu", "collect", "confirm", "record", "dial", "hunt", "transfer"},
	"recordResponse":                 {"record"},
	"cancelMediaProcessing":          {"play", "menu", "collect", "confirm", "record"},
	"subscribeToTone":                {"menu", "collect", "confirm", "wait"},
	"sendDtmfTones":                  {"send_keys"},
	"mute":                           {"mute"},
	"unmute":                         {"unmute"},
	"addLargeGalleryView":            {"gallery"},
	"updateRecordingStatus":          {"recording_status"},
	"invite":                         {"invite"},
	"mute participant":               {"mute"},
	"muteAll":                        {"mute"},
	"startHoldMusic":                 {"hold"},
	"stopHoldMusic":                  {"resume"},
	"create audio routing group":     {"route_audio"},
	"update audio routing group":     {"route_audio"},
	"delete audio routing group":     {"route_audio"},
	"list audio routing groups":      nil,
	"read call":                      nil,
	"keepAlive":                      nil,
	"list participants":              nil,
	"remove participant":             nil,
	"changeScreenSharingRole":        nil,
	"read participant":               nil,
	"read audio routing group":       nil,
	"read operation":                 nil,
	"list content sharing sessions":  nil,
	"read content sharing session":   nil,
	"logTeleconferenceDeviceQuality": nil,
}

// engines are methods that the engine asks for by itself.
var engines = map[string]string{
	"read call": "by itself, when an outcome is in doubt",
	"keepAlive": "by itself, every 15 minutes",
	"answer":    "by itself, before the first step that the caller hears",
}

// callsTable lists the methods of the call API.
func callsTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| method | | flow | Go (`framework/graph`) | simulator | source |\n|---|---|---|---|---|---|\n")
	known, served := map[string]bool{}, graphsim.Methods()
	for _, m := range graph.Methods() {
		verbs, ok := verbsOf[m.Name]
		if !ok {
			t.Errorf("verbsOf does not say which verbs ask for %s", m.Name)
		}
		known[m.Name] = true
		i := slices.IndexFunc(served, func(d graphsim.MethodDoc) bool { return d.HTTP == m.HTTP && d.Path == m.Path })
		if i < 0 {
			t.Errorf("the simulator does not serve %s", m.Name)
			continue
		}
		verbs = slices.DeleteFunc(slices.Clone(verbs), func(name string) bool { return !isVerb(name) })
		use := quoted(verbs)
		if engine := engines[m.Name]; engine != "" {
			use = strings.TrimPrefix(use+"; "+engine, "; ")
		}
		mark := m.Class.String()
		if m.Beta {
			mark += ", beta"
		}
		fmt.Fprintf(&b, "| %s<br>`%s %s` | %s | %s | `%s` | %s | [%s](https://learn.microsoft.com/graph/api/%s?view=graph-rest-beta) |\n",
			m.Name, m.HTTP, m.Path, mark, use, m.Go, served[i].Doc, m.Page, m.Page)
	}
	for name := range verbsOf {
		if !known[name] {
			t.Errorf("the API has no method %q", name)
		}
	}
	return b.String()
}

func isVerb(name string) bool {
	return slices.ContainsFunc(flow.Verbs(), func(v flow.Verb) bool { return v.Name == name })
}

// Each verb that asks something of Graph is in the table of methods, or is one of
// those that ask nothing.
func TestVerbsAskForMethods(t *testing.T) {
	inside := []string{"do", "http", "set", "forget", "switch", "hours", "call", "return", "goto", "milestone", "log", "tag", "wait_for", "signal"}
	for _, v := range flow.Verbs() {
		asks := slices.Contains(inside, v.Name)
		for _, verbs := range verbsOf {
			asks = asks || slices.Contains(verbs, v.Name)
		}
		if !asks {
			t.Errorf("the verb %s asks for no method of Graph; add it to verbsOf, or to those that ask for none", v.Name)
		}
	}
}
