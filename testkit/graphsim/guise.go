package graphsim

import (
	"slices"
	"strings"
)

// guise is how bodies look that the bot gets: as they are, or with the
// capitals and fields of [Settings.PascalCase], [Settings.PascalStatus] and
// [Settings.Undeclared].
type guise struct{ pascal, status, undeclared bool }

func (s *Sim) guise() guise {
	return guise{pascal: s.set.PascalCase, status: s.set.PascalStatus, undeclared: s.set.Undeclared}
}

// dress is a copy of a body in a guise.
func (g guise) dress(m object) object {
	if g == (guise{}) {
		return m
	}
	dressed, _ := g.value("", m).(object)
	return dressed
}

func (g guise) value(name string, v any) any {
	switch v := v.(type) {
	case string:
		return g.word(name, v)
	case []string:
		return mapped(v, func(e string) string { return g.word(name, e) })
	case []object:
		return mapped(v, func(e object) any { return g.value(name, e) })
	case []any:
		return mapped(v, func(e any) any { return g.value(name, e) })
	case object:
		m := g.extras(str(v, odataType))
		for name, value := range v {
			m[name] = g.value(name, value)
		}
		return m
	}
	return v
}

func mapped[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, e := range list {
		out = append(out, f(e))
	}
	return out
}

// word is a value of a property with its first letter as the guise has it.
func (g guise) word(name, v string) string {
	capital := g.pascal && slices.Contains(enumerated(), name) || g.status && name == "status"
	if !capital || v == "" {
		return v
	}
	return strings.ToUpper(v[:1]) + v[1:]
}

// enumerated are the properties whose values are members of enumerations.
func enumerated() []string {
	return []string{"changeType", "state", "direction", "status", "completionReason", "audio", "tone",
		"endpointType", "routingType", "requestedModalities", "activeModalities",
		"routingMode", "recordingStatus"}
}

// extras are fields of a type that examples and traces have and that nothing
// declares.
func (g guise) extras(typeName string) object {
	if !g.undeclared {
		return object{}
	}
	switch name := strings.TrimPrefix(typeName, "#microsoft.graph."); name {
	case "call":
		return object{"replacesContext": "simulated", "applicationMetadata": object{"botData": object{"mediaHostedRegion": "USEA"}}}
	case "identity":
		return object{"identityProvider": "AAD"}
	case "participantInfo":
		return object{"endpointId": "simulated"}
	case "participant":
		return object{"meetingRole": "attendee", "publishedStates": []string{}}
	case "playPromptOperation", "recordOperation", "cancelMediaProcessingOperation", "subscribeToToneOperation":
		return object{"createdDateTime": "2018-11-07T17:14:53.3464657+00:00", "lastActionDateTime": "2018-11-07T17:14:54.6236122+00:00"}
	}
	return object{}
}
