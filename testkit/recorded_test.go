package testkit_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/testkit"
)

const recordedFlow = `
ivr: 1
flow: recorded
locales: [en-GB]
prompts:
  _number/12: {file: word.wav}
  _word/pounds: {file: word.wav}
  _word/and_fifty_pence: {file: word.wav}
  _digit/1: {file: word.wav}
  _digit/2: {file: word.wav}
  hello: {file: word.wav, text: Hello there.}
  last: {file: word.wav}
  ask: {file: word.wav}
vars: {price: {type: money, currency: GBP, default: "12.50"}, pin: {type: digits, default: "121", sensitive: true}}
start: main
states:
  main:
    - play: [hello, {say_as: money, value: price}, {say_as: digits, value: "12"}, {say_as: digits, value: pin}]
    - menu: [hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, hello, ask, {say_as: digits, value: "21"}, last]
      keys: {1: end}
      gave_up: end
`

func loadRecorded(t *testing.T) *flow.Flow {
	t.Helper()
	f, list, err := flow.Load(fstest.MapFS{"f.ivr.yaml": {Data: []byte(recordedFlow)}, "word.wav": {Data: prompt.Tone(300*time.Millisecond, "word")}}, "f.ivr.yaml")
	if err != nil || f == nil {
		t.Fatalf("%v\n%s", err, list)
	}
	return f
}

// A value is heard as its words, whether recordings say it or a synthesiser,
// and is one prompt; so is each of those that are joined.
func TestHearsRecordedValues(t *testing.T) {
	f := loadRecorded(t)
	c := testkit.Dial(t, f, testkit.Given{}).Strict().Hears("hello", "twelve pounds and fifty pence", "one, two").HearsEnd("one, two, one")
	for range 20 {
		c.Hears("hello")
	}
	c.Hears("ask", "two, one", "last").Press("1").Ended("")
	var played []string
	for _, line := range c.Conversation() {
		if line.Who == "flow" && strings.HasPrefix(line.What, "plays ") {
			played = append(played, line.What)
		}
	}
	if want := []string{`plays hello "Hello there." (0.3s)`, `plays "twelve pounds and fifty pence" (0.9s)`, `plays "one, two" (0.7s)`, `plays "one, two, one" (1.1s)`}; !slices.Equal(played[:4], want) {
		t.Errorf("played %q, want %q", played[:4], want)
	}
	testkit.Dial(t, f, testkit.Given{}).Hears("_number/12", "_digit/1").NeverHeard("last", "ask").HangUp()
}

// A key that is pressed into a value cuts it, also between its recordings.
func TestRecordedValueIsCut(t *testing.T) {
	c := testkit.Dial(t, loadRecorded(t), testkit.Given{}).Hears("two, one").Wait(7 * time.Second)
	c.Press("1").Ended("")
	var stops []string
	for _, line := range c.Conversation() {
		if strings.HasPrefix(line.What, "stops") {
			stops = append(stops, line.What)
		}
	}
	if len(stops) != 1 {
		t.Errorf("what was stopped: %q", stops)
	}
}
