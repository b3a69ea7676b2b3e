package wire

import (
	"encoding/json"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// commandName is the word by which a command is known; "" for what is none of the set.
func commandName(c ivr.Command) string {
	switch c.(type) {
	case ivr.Answer:
		return "Answer"
	case ivr.Reject:
		return "Reject"
	case ivr.Redirect:
		return "Redirect"
	case ivr.SubscribeToTone:
		return "SubscribeToTone"
	case ivr.PlayPrompt:
		return "PlayPrompt"
	case ivr.RecordResponse:
		return "RecordResponse"
	case ivr.CancelMedia:
		return "CancelMedia"
	case ivr.CreateCall:
		return "CreateCall"
	case ivr.Transfer:
		return "Transfer"
	case ivr.SendTones:
		return "SendTones"
	case ivr.Mute:
		return "Mute"
	case ivr.Invite:
		return "Invite"
	case ivr.Hold:
		return "Hold"
	case ivr.RouteAudio:
		return "RouteAudio"
	case ivr.AddGallery:
		return "AddGallery"
	case ivr.TellRecording:
		return "TellRecording"
	case ivr.HangUp:
		return "HangUp"
	case ivr.KeepAlive:
		return "KeepAlive"
	case ivr.ReadCall:
		return "ReadCall"
	case ivr.FetchRecording:
		return "FetchRecording"
	case ivr.JoinRecordings:
		return "JoinRecordings"
	case ivr.CountUp:
		return "CountUp"
	case ivr.RunAction:
		return "RunAction"
	case ivr.HTTPRequest:
		return "HTTPRequest"
	case ivr.CancelAction:
		return "CancelAction"
	case ivr.StartTimer:
		return "StartTimer"
	case ivr.StopTimer:
		return "StopTimer"
	case ivr.Moved:
		return "Moved"
	case ivr.Mark:
		return "Mark"
	case ivr.Finish:
		return "Finish"
	}
	return ""
}

// readCommand reads what is stored under a name.
func readCommand(name string, of []byte) (ivr.Command, error) {
	switch name {
	case "Answer":
		return commandAs[ivr.Answer](of)
	case "Reject":
		return commandAs[ivr.Reject](of)
	case "Redirect":
		return commandAs[ivr.Redirect](of)
	case "SubscribeToTone":
		return commandAs[ivr.SubscribeToTone](of)
	case "PlayPrompt":
		return commandAs[ivr.PlayPrompt](of)
	case "RecordResponse":
		return commandAs[ivr.RecordResponse](of)
	case "CancelMedia":
		return commandAs[ivr.CancelMedia](of)
	case "CreateCall":
		return commandAs[ivr.CreateCall](of)
	case "Transfer":
		return commandAs[ivr.Transfer](of)
	case "SendTones":
		return commandAs[ivr.SendTones](of)
	case "Mute":
		return commandAs[ivr.Mute](of)
	case "Invite":
		return commandAs[ivr.Invite](of)
	case "Hold":
		return commandAs[ivr.Hold](of)
	case "RouteAudio":
		return commandAs[ivr.RouteAudio](of)
	case "AddGallery":
		return commandAs[ivr.AddGallery](of)
	case "TellRecording":
		return commandAs[ivr.TellRecording](of)
	case "HangUp":
		return commandAs[ivr.HangUp](of)
	case "KeepAlive":
		return commandAs[ivr.KeepAlive](of)
	case "ReadCall":
		return commandAs[ivr.ReadCall](of)
	case "FetchRecording":
		return readFetch(of)
	case "JoinRecordings":
		return commandAs[ivr.JoinRecordings](of)
	case "CountUp":
		return commandAs[ivr.CountUp](of)
	case "RunAction":
		return commandAs[ivr.RunAction](of)
	case "HTTPRequest":
		return commandAs[ivr.HTTPRequest](of)
	case "CancelAction":
		return commandAs[ivr.CancelAction](of)
	case "StartTimer":
		return commandAs[ivr.StartTimer](of)
	case "StopTimer":
		return commandAs[ivr.StopTimer](of)
	case "Moved":
		return commandAs[ivr.Moved](of)
	case "Mark":
		return commandAs[ivr.Mark](of)
	case "Finish":
		return commandAs[ivr.Finish](of)
	}
	return nil, errNewer("command")
}

func commandAs[T ivr.Command](of []byte) (ivr.Command, error) {
	var v T
	err := json.Unmarshal(of, &v)
	return v, err
}

// fetch is an [ivr.FetchRecording] with its recording's token.
type fetch struct {
	ivr.FetchRecording
	Recording *recording `json:"recording"`
}

// storedCommand is what is written of a command.
func storedCommand(c ivr.Command) any {
	if f, ok := c.(ivr.FetchRecording); ok {
		return fetch{f, recordingOf(&f.Recording)}
	}
	return c
}

func readFetch(of []byte) (ivr.Command, error) {
	var f fetch
	err := json.Unmarshal(of, &f)
	if f.Recording != nil {
		f.FetchRecording.Recording = *f.Recording.ref()
	}
	return f.FetchRecording, err
}
