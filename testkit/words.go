package testkit

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// called is a part of a prompt in a word: its key, or what it is.
func called(p ivr.Part) string {
	switch {
	case p.Key != "" && p.Words == "":
		return p.Key
	case p.Text != "":
		return strconv.Quote(p.Text)
	case p.Silence > 0:
		return "a silence"
	case p.Recording != "":
		return "the recording " + p.Recording
	}
	return "a file"
}

// spelt is a part with the words that are heard.
func spelt(p ivr.Part) string {
	if p.Key != "" && p.Words == "" && p.Text != "" {
		return p.Key + " " + strconv.Quote(p.Text)
	}
	return called(p)
}

// inputs are an action's inputs: "(account: "12345674", pin: "0000")".
func inputs(in map[string]any) string {
	list := make([]string, 0, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		list = append(list, name+": "+value(in[name]))
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// value is a value as a test file would write it.
func value(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func target(t ivr.Target) string { return string(t.Kind) + " " + t.ID }

func targets(list []ivr.Target) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = target(t)
	}
	return strings.Join(words, ", ")
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// list is "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
