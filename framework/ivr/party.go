package ivr

// PartyKind is the kind of an identity on a call.
type PartyKind string

// The kinds of identity that a call's ends and a transfer's targets can have.
const (
	PartyUser        PartyKind = "user"        // a Teams user, by object id
	PartyPhone       PartyKind = "phone"       // a telephone number in E.164
	PartyApplication PartyKind = "application" // an application instance (resource account), by object id
	PartyBot         PartyKind = "bot"         // an application by its app id
	PartyGuest       PartyKind = "guest"       // an anonymous guest
	PartyEncrypted   PartyKind = "encrypted"   // hidden from apps without a calling permission
	PartyVoicemail   PartyKind = "voicemail"   // a Teams user's voicemail, by the user's object id; of targets only
)

// Party is one end of a call. The zero Party is an unknown one.
type Party struct {
	Kind   PartyKind `json:"kind,omitempty"`
	ID     string    `json:"id,omitempty"` // object id, app id or E.164 number
	Name   string    `json:"name,omitempty"`
	Tenant string    `json:"tenant,omitempty"`
}

// Target is where a transfer or redirect sends the call. Kind is PartyUser,
// PartyPhone, PartyApplication or, for a transfer, PartyVoicemail.
type Target struct {
	Kind PartyKind `json:"kind"`
	ID   string    `json:"id"`
}
