package dev

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// ScriptHelp says what a script is made of and when its elements act.
const ScriptHelp = `A script is a list of elements, separated by commas:

  1#        press these keys (0-9 * # a-d), one after the other
  wait 3s   wait
  say 3s    say something for that long; say FILE speaks a WAV file
  hangup    hang up

Each element acts as a person would. Keys are pressed when the flow takes keys:
while the prompt of a menu or collect plays (unless it has barge_in: false),
after it, or to end a recording, if the first is one of its stop_keys. "say"
waits until the flow records. "hangup" waits until a prompt plays or the flow
listens. An element waits until the flow moved on because of the one before it,
or still listens one second later; what follows "wait" does not. At the end of
the script the caller says nothing more, and hangs up when the flow has listened
in vain.`

// act is what an element of a script does.
type act uint8

const (
	actPress act = iota
	actWait
	actSay
	actHangUp
	actRing // ring again once the call is over
	actQuit // leave once the call is over
)

// element is one element of a script.
type element struct {
	act  act
	text string // as it was written
	keys []ivr.Key
	wait time.Duration
	pcm  []int16
}

// Speech of the caller that says nothing in particular.
const usualSpeech = 3 * time.Second

// parseScript reads a script. The error names every wrong element.
func parseScript(text string) ([]element, error) {
	var script []element
	var errs []error
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		e, err := parseElement(part)
		errs = append(errs, err)
		script = append(script, e)
	}
	return script, errors.Join(errs...)
}

func parseElement(text string) (element, error) {
	e := element{text: text}
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch word {
	case "hangup", "hang_up", "h":
		e.act = actHangUp
	case "q", "quit":
		e.act = actQuit
	case "wait":
		e.act = actWait
		e.wait, err = parseDuration(rest)
	case "say", "r":
		e.act = actSay
		e.pcm, err = readSpeech(rest)
	default:
		e.act = actPress
		e.keys, err = parseKeys(text)
	}
	if err != nil {
		return e, fmt.Errorf("%q: %w", text, err)
	}
	return e, nil
}

func parseKeys(text string) ([]ivr.Key, error) {
	if k, err := ivr.ParseKey(text); err == nil { // also star and pound
		return []ivr.Key{k}, nil
	}
	var keys []ivr.Key
	for _, r := range strings.ReplaceAll(text, " ", "") {
		k, err := ivr.ParseKey(string(r))
		if err != nil {
			return nil, errors.New(`neither keys (0-9 * # a-d) nor "wait 3s", "say FILE", "say 3s" or "hangup"`)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// maxWait bounds waits and speech of no particular content.
const maxWait = time.Hour

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > maxWait {
		return 0, fmt.Errorf("%q is no duration of up to %s; write 3s or 500ms", text, maxWait)
	}
	return d, nil
}

// readSpeech is what a caller says: a WAV file, or so many seconds of a tone.
func readSpeech(text string) ([]int16, error) {
	if text == "" {
		return graphsim.Tone(usualSpeech), nil
	}
	if _, err := time.ParseDuration(text); err == nil {
		d, err := parseDuration(text)
		if err != nil {
			return nil, err
		}
		return graphsim.Tone(min(d, prompt.MaxLength)), nil
	}
	wav, err := os.ReadFile(text)
	if err != nil {
		return nil, err
	}
	if wav, err = prompt.Convert(wav); err != nil {
		return nil, err
	}
	return prompt.DecodeWAV(wav)
}

// lengthOf is how long samples last.
func lengthOf(pcm []int16) time.Duration {
	return time.Duration(len(pcm)) * time.Second / prompt.SampleRate
}
