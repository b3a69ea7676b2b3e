package graph

import "encoding/json"

// fastNotification is a notification of a call or an operation in one piece,
// which is what nearly all of them are.
type fastNotification struct {
	ChangeType   ChangeType   `json:"changeType"`
	Resource     string       `json:"resource"`
	ResourceURL  string       `json:"resourceUrl"`
	CallbackURI  string       `json:"callbackUri"`
	ResourceData *anyResource `json:"resourceData"`
}

// anyResource has the fields of a call and of an operation.
type anyResource struct {
	Call
	Status               OperationStatus  `json:"status"`
	ClientContext        string           `json:"clientContext"`
	CompletionReason     CompletionReason `json:"completionReason"`
	RecordingLocation    string           `json:"recordingLocation"`
	RecordingAccessToken string           `json:"recordingAccessToken"`
}

func (a *anyResource) operation() *Operation {
	return &Operation{
		ODataType:            a.ODataType,
		ODataID:              a.ODataID,
		ID:                   a.ID,
		Status:               a.Status,
		ClientContext:        a.ClientContext,
		ResultInfo:           a.ResultInfo,
		CompletionReason:     a.CompletionReason,
		RecordingLocation:    a.RecordingLocation,
		RecordingAccessToken: a.RecordingAccessToken,
	}
}

// decodeFast reads a batch in one pass, in about half the time that reading
// each element on its own takes. It gives up at anything but calls and operations
// in good order, and says the same as decodeEach where it does not.
func decodeFast(body []byte) ([]Notification, bool) {
	var envelope struct {
		Value []fastNotification `json:"value"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil, false
	}
	list := make([]Notification, len(envelope.Value))
	for i := range envelope.Value {
		f := &envelope.Value[i]
		list[i] = Notification{ChangeType: f.ChangeType, ResourceURL: f.ResourceURL, Resource: f.Resource, CallbackURI: f.CallbackURI}
		if list[i].locate() != nil || !list[i].take(f.ResourceData) {
			return nil, false
		}
	}
	return list, true
}

// take makes the data the notification's, if it is of the type that the
// address names.
func (n *Notification) take(data *anyResource) bool {
	switch {
	case n.Kind != KindCall && n.Kind != KindOperation:
		return false
	case data == nil:
		return true
	case n.Kind == KindCall:
		return n.setCall(&data.Call)
	}
	return n.setOperation(data.operation())
}
