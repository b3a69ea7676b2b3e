package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Notifications is the body of a callback: a batch.
type Notifications struct {
	ODataType string         `json:"@odata.type,omitempty"`
	Value     []Notification `json:"value"`
}

// NewNotifications is a batch with its type tag.
func NewNotifications(value ...Notification) Notifications {
	return Notifications{ODataType: TypeNotifications, Value: value}
}

// Notification says that a call or an operation changed. As JSON it is Graph's
// commsNotification, with Call, Operation or Other as its resourceData,
// whichever is set.
type Notification struct {
	ChangeType  ChangeType
	ResourceURL string // "/communications/calls/{id}[/operations/{id}]"
	Resource    string // the older twin of ResourceURL, "/app/calls/{id}..."
	CallbackURI string

	Call      *Call
	Operation *Operation
	Other     json.RawMessage // the data of any other kind of resource

	// What the decoder found out; not part of the JSON.

	Kind        Kind
	CallID      ivr.CallID    // normalised
	OperationID string        // normalised, of KindOperation
	Session     ivr.SessionID // from the operation's clientContext, else ""
	Op          ivr.OpID      // from the operation's clientContext, else 0
	// Err says why the element could not be read; its neighbours are not
	// affected. Only elements of a batch carry it.
	Err error
}

// wireNotification is a notification's JSON.
type wireNotification struct {
	ODataType    string          `json:"@odata.type,omitempty"`
	ChangeType   ChangeType      `json:"changeType"`
	Resource     string          `json:"resource,omitempty"`
	ResourceURL  string          `json:"resourceUrl,omitempty"`
	CallbackURI  string          `json:"callbackUri,omitempty"`
	ResourceData json.RawMessage `json:"resourceData,omitempty"`
}

// ErrEmpty says that a callback had no body. Users report such callbacks; they
// mean nothing and can be answered with success.
var ErrEmpty = errors.New("decoding notifications: the body is empty")

// DecodeNotifications reads the body of a callback. An error means that
// nothing of it can be trusted: it is no JSON object, is larger than [MaxBody],
// nested too deep, has too many items, or has a key twice in one object. An
// element that is bad by itself carries its own Err, one of an unknown kind has
// KindUnknown; neither disturbs its neighbours.
func DecodeNotifications(body []byte) ([]Notification, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) == 0 {
		return nil, ErrEmpty
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("decoding notifications: the body has %d bytes, at most %d are read", len(body), MaxBody)
	}
	if err := checkShape(body); err != nil {
		return nil, fmt.Errorf("decoding notifications: %w", err)
	}
	if list, ok := decodeFast(body); ok {
		return list, nil
	}
	return decodeEach(body)
}

// decodeEach reads each element of a batch on its own.
func decodeEach(body []byte) ([]Notification, error) {
	var envelope struct {
		Value []json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("decoding notifications: %w", err)
	}
	list := make([]Notification, len(envelope.Value))
	for i, raw := range envelope.Value {
		if err := list[i].UnmarshalJSON(raw); err != nil {
			list[i].Err = fmt.Errorf("decoding notification %d of %d: %w", i+1, len(list), err)
		}
	}
	return list, nil
}

// IsLegacy reports whether a body is a JSON object that is not in Graph's form.
// The first callback of an incoming call may come in the older format of
// Skype; answered with 204, it is sent again in Graph's.
func IsLegacy(body []byte) bool {
	var object map[string]json.RawMessage
	if len(body) > MaxBody || checkShape(body) != nil || json.Unmarshal(body, &object) != nil {
		return false
	}
	for key := range object {
		if strings.EqualFold(key, "value") || strings.HasPrefix(key, "@odata.") {
			return false
		}
	}
	return len(object) > 0
}

// MarshalJSON writes Graph's commsNotification.
func (n Notification) MarshalJSON() ([]byte, error) {
	w := wireNotification{ODataType: TypeNotification, ChangeType: n.ChangeType, Resource: n.Resource,
		ResourceURL: n.ResourceURL, CallbackURI: n.CallbackURI, ResourceData: n.Other}
	var err error
	switch {
	case n.Call != nil:
		w.ResourceData, err = json.Marshal(n.Call)
	case n.Operation != nil:
		w.ResourceData, err = json.Marshal(n.Operation)
	}
	if err != nil {
		return nil, fmt.Errorf("writing a notification: %w", err)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads Graph's commsNotification leniently.
func (n *Notification) UnmarshalJSON(b []byte) error {
	var w wireNotification
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*n = Notification{ChangeType: w.ChangeType, ResourceURL: w.ResourceURL, Resource: w.Resource, CallbackURI: w.CallbackURI}
	if err := n.locate(); err != nil {
		return err
	}
	return n.decodeData(w.ResourceData)
}

// locate reads the notification's address.
func (n *Notification) locate() error {
	r, err := parseResource(cmp.Or(n.ResourceURL, n.Resource))
	if err != nil {
		return err
	}
	n.Kind, n.CallID, n.OperationID = r.kind, r.call, r.op
	return nil
}

// decodeData reads the changed resource. Data of another type than the URL
// names makes the notification one of an unknown kind.
func (n *Notification) decodeData(data json.RawMessage) error {
	n.Other = data
	isObject := len(data) > 0 && data[0] == '{'
	switch {
	case isObject && n.noticeKind(data):
		return nil
	case n.Kind != KindCall && n.Kind != KindOperation:
		return nil
	case len(data) == 0 || string(data) == "null":
		n.Other = nil
		return nil
	case !isObject:
		n.Kind = n.arrayKind()
		return nil
	case n.Kind == KindCall:
		return n.decodeCall(data)
	}
	return n.decodeOperation(data)
}

// arrayKind is the kind of a notification whose data is a list. One page shows
// a roster under ".../operations/participants".
func (n *Notification) arrayKind() Kind {
	if strings.EqualFold(n.OperationID, "participants") {
		return KindRoster
	}
	return KindUnknown
}

// noticeKind finds notices by their type tags: where they come is not documented.
func (n *Notification) noticeKind(data json.RawMessage) bool {
	var tag struct {
		ODataType string `json:"@odata.type"`
	}
	if json.Unmarshal(data, &tag) != nil {
		return false
	}
	switch name := typeName(tag.ODataType); {
	case strings.EqualFold(name, "participantJoiningNotification"):
		n.Kind = KindJoining
	case strings.EqualFold(name, "participantLeftNotification"):
		n.Kind = KindLeft
	default:
		return false
	}
	return true
}

func (n *Notification) decodeCall(data json.RawMessage) error {
	var c Call
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("reading the call: %w", err)
	}
	if n.setCall(&c) {
		n.Other = nil
	}
	return nil
}

func (n *Notification) decodeOperation(data json.RawMessage) error {
	var o Operation
	if err := json.Unmarshal(data, &o); err != nil {
		return fmt.Errorf("reading the operation: %w", err)
	}
	if n.setOperation(&o) {
		n.Other = nil
	}
	return nil
}

// setCall takes the data of a call; data with another type's tag makes the
// notification one of an unknown kind.
func (n *Notification) setCall(c *Call) bool {
	if name := typeName(c.ODataType); name != "" && !strings.EqualFold(name, "call") {
		n.Kind = KindUnknown
		return false
	}
	n.Call = c
	return true
}

// setOperation takes the data of an operation, as setCall does that of a call.
func (n *Notification) setOperation(o *Operation) bool {
	if name := typeName(o.ODataType); name != "" && !endsFold(name, "operation") {
		n.Kind = KindUnknown
		return false
	}
	n.Operation = o
	n.Session, n.Op, _ = ParseClientContext(o.ClientContext)
	return true
}
