// Package wire is the JSON in which events and commands are kept. Each is an
// object with one member, whose name is its type:
//
//	[{"ToneReceived":{"at":"2026-11-23T10:00:00Z","key":"1","seq":1}}]
//
// What is written can be read for ever: types and members are added, never
// renamed, members that are unknown are passed over, and a type that is unknown
// is an error that names it. Everything survives, tokens of recordings included,
// so what is written is as secret as what was said. [Outline] and
// [OutlineCommand] take out what is.
//
// Times keep their instant and their offset; numbers in values become float64,
// and a list or a map without members that may be left out becomes nil.
package wire

import (
	"encoding/json"
	"fmt"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Events are events as a member of something else that is kept.
type Events []ivr.Event

// Commands are commands as a member of something else that is kept.
type Commands []ivr.Command

// AppendEvents adds the list of the events to b. An error is a value that JSON
// cannot hold, such as an infinite number.
func AppendEvents(b []byte, list []ivr.Event) ([]byte, error) {
	return appendList(b, list, eventName, storedEvent)
}

// AppendCommands adds the list of the commands to b; errors as AppendEvents.
func AppendCommands(b []byte, list []ivr.Command) ([]byte, error) {
	return appendList(b, list, commandName, storedCommand)
}

// ReadEvents reads a list that AppendEvents wrote.
func ReadEvents(b []byte) ([]ivr.Event, error) { return readList(b, "event", readEvent) }

// ReadCommands reads a list that AppendCommands wrote.
func ReadCommands(b []byte) ([]ivr.Command, error) { return readList(b, "command", readCommand) }

// MarshalJSON is [AppendEvents].
func (l Events) MarshalJSON() ([]byte, error) { return AppendEvents(nil, l) }

// UnmarshalJSON is [ReadEvents].
func (l *Events) UnmarshalJSON(b []byte) (err error) {
	*l, err = ReadEvents(b)
	return err
}

// MarshalJSON is [AppendCommands].
func (l Commands) MarshalJSON() ([]byte, error) { return AppendCommands(nil, l) }

// UnmarshalJSON is [ReadCommands].
func (l *Commands) UnmarshalJSON(b []byte) (err error) {
	*l, err = ReadCommands(b)
	return err
}

func appendList[T any](b []byte, list []T, name func(T) string, stored func(T) any) ([]byte, error) {
	before := b
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		n := name(v)
		if n == "" {
			return before, fmt.Errorf("%T cannot be stored", v)
		}
		next, done, err := quick(b, v)
		if !done {
			o := begin(b)
			o.name(n)
			o.add(stored(v))
			next, err = o.end()
		}
		if err != nil {
			return before, fmt.Errorf("store %s: %w", n, err)
		}
		b = next
	}
	return append(b, ']'), nil
}

func readList[T any](b []byte, what string, read func(name string, of []byte) (T, error)) ([]T, error) {
	var raw []map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fmt.Errorf("stored %ss: %w", what, err)
	}
	if len(raw) == 0 {
		return nil, nil
	}
	list := make([]T, len(raw))
	for i, tagged := range raw {
		if len(tagged) != 1 {
			return nil, fmt.Errorf("stored %s %d has %d types, want one", what, i, len(tagged))
		}
		for name, of := range tagged {
			var err error
			if list[i], err = read(name, of); err != nil {
				return nil, fmt.Errorf("stored %s %d, %s: %w", what, i, name, err)
			}
		}
	}
	return list, nil
}

// errNewer is what is read of a type that this version does not know.
func errNewer(what string) error {
	return fmt.Errorf("this version knows no such %s; a newer one wrote it", what)
}

// recording is an [ivr.RecordingRef] whose token is kept, which the type itself
// hides.
type recording struct {
	Location string        `json:"location"`
	Token    string        `json:"token,omitempty"`
	Why      ivr.RecordEnd `json:"why,omitempty"`
}

func recordingOf(r *ivr.RecordingRef) *recording {
	if r == nil {
		return nil
	}
	return &recording{r.Location, r.Token.Reveal(), r.Why}
}

func (r *recording) ref() *ivr.RecordingRef {
	if r == nil {
		return nil
	}
	return &ivr.RecordingRef{Location: r.Location, Token: ivr.NewSecret(r.Token), Why: r.Why}
}
