package graphsim

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"sync"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

const odataType = "@odata.type"

// typeNames are the names of types as messages have them. There are few, in all messages.
var typeNames sync.Map //nolint:gochecknoglobals // of what never changes

func typed(name string, m object) object {
	full, ok := typeNames.Load(name)
	if !ok {
		full, _ = typeNames.LoadOrStore(name, "#microsoft.graph."+name)
	}
	m[odataType] = full
	return m
}

// identitySet is a party in the service's form.
func identitySet(p ivr.Party, hidden bool) object {
	key := map[ivr.PartyKind]string{
		ivr.PartyUser: "user", ivr.PartyPhone: "phone", ivr.PartyApplication: "applicationInstance",
		ivr.PartyBot: "application", ivr.PartyGuest: "guest", ivr.PartyEncrypted: "encrypted", ivr.PartyVoicemail: "user",
	}[p.Kind]
	who := typed("identity", object{"id": p.ID})
	if hidden {
		key, who["id"] = "encrypted", encryptedID(p.ID)
	} else {
		if p.Name != "" {
			who["displayName"] = p.Name
		}
		if p.Tenant != "" {
			who["tenantId"] = p.Tenant
		}
	}
	return typed("identitySet", object{key: who})
}

// encryptedID stands for an identity that the bot may not see: always the same
// for the same one, and opaque.
func encryptedID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
}

// resultInfo is a result in the service's form. As text it has the spelling of
// the documentation's hang-up example.
func resultInfo(r Result, asText bool) object {
	m := object{"message": r.Message, "code": r.Code, "subcode": r.Subcode}
	if asText {
		m["code"], m["subcode"] = decimal(r.Code), decimal(r.Subcode)
	}
	return typed("resultInfo", m)
}

// update is the partial call of a notification: the service leaves out what
// did not change.
func (c *Call) update(fields object) object {
	if c.sim.set.IDInUpdates {
		fields["id"] = c.id
	}
	return typed("call", fields)
}

// stateUpdate is an update that names a state only, or on the way into a
// meeting that, too: https://learn.microsoft.com/graph/api/application-post-calls
func (c *Call) stateUpdate(s ivr.CallState) object {
	m := c.update(object{"state": s.String()})
	if c.room != nil && c.room.planned && (s == ivr.StateEstablishing || s == ivr.StateEstablished) {
		m["id"] = c.id
		c.addMeeting(m)
	}
	return m
}

// audioUpdate is an update that tells whether audio flows.
func (c *Call) audioUpdate(a ivr.AudioState) object {
	return c.update(object{"state": c.state.String(),
		"mediaState": typed("callMediaState", object{"audio": a.String()})})
}

// incoming is the call as its first notification has it.
func (c *Call) incoming() object {
	m := c.ends()
	m["@odata.id"] = "/communications/calls/" + spell(c.id, c.upper)
	m["@odata.etag"] = `W/"5445"`
	m["state"] = ivr.StateIncoming.String()
	m["requestedModalities"] = []string{"audio"}
	m["callChainId"] = c.chain
	m["incomingContext"] = typed("incomingContext", object{"sourceParticipantId": c.other.id, "observedParticipantId": c.other.id})
	if c.room != nil {
		c.addMeeting(m)
	}
	return m
}

// ends is what never changes about a call: who, whom, which tenant.
func (c *Call) ends() object {
	if c.outgoing {
		return c.endsOut()
	}
	called := c.called
	m := typed("call", object{
		"id": c.id, "direction": "incoming", "tenantId": c.tenant,
		"myParticipantId": c.me.id, "source": c.source(),
	})
	if called.Kind == ivr.PartyPhone {
		instance := ivr.Party{Kind: ivr.PartyApplication, ID: c.app.Instance}
		m["callRoutes"] = []object{typed("callRoute", object{
			"routingType": "lookup", "original": identitySet(called, false), "final": identitySet(instance, false),
		})}
		called = instance
	}
	m["targets"] = []object{typed("invitationParticipantInfo", object{
		"identity": identitySet(called, false), "endpointType": "default", "region": nil, "languageId": nil,
	})}
	return m
}

// endsOut is ends of a call that the bot made.
func (c *Call) endsOut() object {
	source := c.called
	if c.me.party.Kind == ivr.PartyGuest {
		source = c.me.party
	}
	targets := []object{}
	for _, callee := range c.callees {
		targets = append(targets, typed("invitationParticipantInfo", object{
			"identity": identitySet(callee, false), "endpointType": nil, "region": nil, "languageId": nil, "replacesCallId": nil,
		}))
	}
	return typed("call", object{
		"id": c.id, "direction": "outgoing", "tenantId": c.tenant, "myParticipantId": c.me.id,
		"source":  typed("participantInfo", object{"identity": identitySet(source, false), "endpointType": nil, "region": nil, "languageId": nil}),
		"targets": targets,
	})
}

// source is who calls. Without a calling permission the bot sees nothing but
// an encrypted identity: https://learn.microsoft.com/graph/api/call-answer
func (c *Call) source() object {
	if c.hidesCallers() {
		return typed("participantInfo", object{"identity": identitySet(c.caller, true)})
	}
	return typed("participantInfo", object{
		"identity": identitySet(c.caller, false), "endpointType": "default",
		"region": "amer", "languageId": "en-US", "id": c.other.id,
	})
}

// hidesCallers says that the bot has no calling permission.
func (c *Call) hidesCallers() bool {
	for _, p := range c.app.Permissions {
		if strings.HasPrefix(p, "Calls.") {
			return false
		}
	}
	return true
}

// legacyIncoming is the first notification in the form that older bots know.
func (c *Call) legacyIncoming() object {
	caller := c.caller.ID
	if c.hidesCallers() {
		caller = encryptedID(caller)
	}
	return object{
		"id": c.id, "callState": "incoming", "isMultiparty": false, "appId": c.app.ID,
		"participants": []object{
			{"identity": caller, "originator": true}, {"identity": c.app.ID, "originator": false},
		},
	}
}

// entity is the call as GET answers it. What is not set is null, and v1.0 does
// not have what metadata declares for the beta only.
func (c *Call) entity(x *exchange) object {
	m := c.ends()
	m["@odata.context"] = c.sim.cfg.BaseURL + "/" + x.version + "/$metadata#" + x.root + "/calls/$entity"
	m["state"] = c.state.String()
	m["callbackUri"] = c.callback
	m["callChainId"] = c.chain
	m["requestedModalities"] = []string{"audio"}
	for _, name := range [...]string{"subject", "resultInfo", "chatInfo", "meetingInfo", "transcription",
		"toneInfo", "mediaState", "mediaConfig"} {
		m[name] = nil
	}
	if m["callRoutes"] == nil {
		m["callRoutes"] = []object{}
	}
	if c.config != nil {
		m["mediaConfig"] = c.config
	}
	if c.transcription != nil {
		m["transcription"] = c.transcription
	}
	if c.audio != ivr.AudioUnknown {
		m["mediaState"] = typed("callMediaState", object{"audio": c.audio.String()})
	}
	m["subject"] = orNull(c.subject)
	if c.room != nil {
		c.addMeeting(m)
	}
	if x.beta() {
		c.addBeta(m)
	}
	return m
}

// addBeta adds what only the beta's calls have.
func (c *Call) addBeta(m object) {
	m["activeModalities"] = []string{}
	if c.audio != ivr.AudioUnknown {
		m["activeModalities"] = []string{"audio"}
	}
	m["routingPolicies"] = []string{}
	for _, name := range [...]string{"answeredBy", "terminationReason", "ringingTimeoutInSeconds", "meetingCapability"} {
		m[name] = nil
	}
}
