package graphsim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// invited is somebody whom a call is sent to.
type invited struct {
	ivr.Target
	tenant, name string // as the request has them, empty if it does not
	replaces     string // replacesCallId
	participant  string // participantId
	hidden       bool
	apart        bool // removeFromDefaultAudioRoutingGroup
}

// party is who is invited. Its name and tenant are as the request has them.
func (t invited) party() ivr.Party {
	p := ivr.Party{Kind: t.Kind, ID: t.ID, Name: t.name, Tenant: t.tenant}
	if p.Kind == ivr.PartyVoicemail {
		p.Kind = ivr.PartyUser
	}
	return p
}

// invitationProperties are those of
// https://learn.microsoft.com/graph/api/resources/invitationparticipantinfo
// and what its examples have besides.
func invitationProperties() []param {
	return []param{
		{name: "identity", kind: entity}, {name: "endpointType", kind: text,
			values: endpointTypes()},
		{name: "replacesCallId", kind: text}, {name: "participantId", kind: text}, {name: "hidden", kind: flag},
		{name: "removeFromDefaultAudioRoutingGroup", kind: flag},
		{name: "region", kind: text}, {name: "languageId", kind: text}, {name: "id", kind: text},
	}
}

func endpointTypes() []string {
	return []string{"default", "voicemail", "skypeForBusiness", "skypeForBusinessVoipPhone"}
}

// identityProperties are those of all identities. Their type is open: others
// are taken too.
func identityProperties() []param {
	return []param{{name: "id", kind: text}, {name: "displayName", kind: text}, {name: "tenantId", kind: text}}
}

// targetKind is a property of an identitySet to which a call can be sent.
type targetKind struct {
	name string
	kind ivr.PartyKind
}

func targetKinds() []targetKind {
	return []targetKind{{"user", ivr.PartyUser}, {"phone", ivr.PartyPhone},
		{"applicationInstance", ivr.PartyApplication}, {"application", ivr.PartyBot}}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// targetKey makes ids of targets comparable.
func targetKey(id string) string { return strings.ToLower(id) }

// readTarget reads an invitationParticipantInfo.
func readTarget(place string, v any) (invited, *failure) {
	m, ok := v.(object)
	if !ok {
		return invited{}, invalid(place + " must be an object of type invitationParticipantInfo.")
	}
	if fail := checkTag(place, m, "invitationParticipantInfo", false); fail != nil {
		return invited{}, fail
	}
	if fail := checkProperties(place, m, invitationProperties(), true); fail != nil {
		return invited{}, fail
	}
	t, fail := readIdentity(place+".identity", m["identity"])
	t.replaces, t.participant = str(m, "replacesCallId"), str(m, "participantId")
	t.hidden, t.apart = truth(m, "hidden"), truth(m, "removeFromDefaultAudioRoutingGroup")
	if fail == nil && str(m, "endpointType") == "voicemail" {
		if t.Kind != ivr.PartyUser {
			return invited{}, invalid(place + " is a voicemail of somebody who is no user.")
		}
		t.Kind = ivr.PartyVoicemail
	}
	return t, fail
}

// readIdentity reads an identitySet that names exactly one party.
func readIdentity(place string, v any) (invited, *failure) {
	m, ok := v.(object)
	if !ok {
		return invited{}, invalid(place + " is missing or no object.")
	}
	var found []invited
	for _, name := range names(m) {
		if strings.HasPrefix(name, "@") || m[name] == nil {
			continue
		}
		kinds := targetKinds()
		i := slices.IndexFunc(kinds, func(k targetKind) bool { return k.name == name })
		if i < 0 {
			return invited{}, invalid(place + " has '" + name + "'; a call can be sent to user, phone, applicationInstance or application.")
		}
		if fail := checkValues(place+"."+name+": ", sub(m, name), identityProperties()); fail != nil {
			return invited{}, fail
		}
		who := sub(m, name)
		found = append(found, invited{Target: ivr.Target{Kind: kinds[i].kind, ID: str(who, "id")}, tenant: str(who, "tenantId"), name: str(who, "displayName")})
	}
	switch {
	case len(found) != 1:
		return invited{}, invalid(fmt.Sprintf("%s names %d parties; it must name one.", place, len(found)))
	case found[0].ID == "":
		return invited{}, invalid(place + " has a party without an id.")
	case found[0].Kind == ivr.PartyPhone && !e164.MatchString(found[0].ID):
		return invited{}, invalid(place + ".phone.id is not a number in E.164, such as +14255550100.")
	}
	return found[0], nil
}

// mayReach refuses a telephone on a call that did not come over an application
// instance with a number: https://learn.microsoft.com/graph/api/call-redirect
func (c *Call) mayReach(t invited) *reply {
	if t.Kind != ivr.PartyPhone || c.byInstance() || c.sim.set.PSTNAlways {
		return nil
	}
	r := refuse(c.sim.set.NoInstance, "Call source identity invalid: a telephone target needs a call that was received by an application instance.")
	return &r
}
