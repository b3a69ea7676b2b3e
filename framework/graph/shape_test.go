package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
)

// bomb is a hostile body. What is not refused is handled: its elements are
// bad, unknown or harmless.
type bomb struct {
	name    string
	body    string
	refused bool
}

func bombs() []bomb {
	element := func(data string) string {
		return `{"value":[{"changeType":"updated","resourceUrl":"/communications/calls/1","resourceData":` + data + `}]}`
	}
	many := func(n int, item func(int) string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(item(i))
		}
		return b.String()
	}
	repeat := strings.Repeat
	const full = graph.MaxBody - 200
	object := func(int) string {
		return "{" + many(127, func(i int) string { return fmt.Sprintf(`"k%03d":0`, i) }) + "}"
	}
	return []bomb{
		{"arrays 100k deep", repeat("[", 100_000), true},
		{"objects 40k deep", repeat(`{"a":`, 40_000), true},
		{"33 deep and closed", element(repeat("[", 31) + repeat("]", 31)), true},
		{"32 deep and closed", element(repeat("[", 29) + repeat("]", 29)), false},
		{"100k numbers", element("[" + many(100_000, func(int) string { return "1" }) + "]"), true},
		{"100k empty notifications", `{"value":[` + many(80_000, func(int) string { return "{}" }) + "]}", true},
		{"1000 empty notifications", `{"value":[` + many(1000, func(int) string { return "{}" }) + "]}", false},
		{"20k keys", element("{" + many(20_000, func(i int) string { return fmt.Sprintf(`"k%d":0`, i) }) + "}"), true},
		{"all objects full of keys", element("[" + many(200, object) + "]"), false},
		{"128 long Greek keys", element(longKeys()), true},
		{"key twice", element(`{"state":"established","state":"terminated"}`), true},
		{"key in two cases", element(`{"state":"established","STATE":"terminated"}`), true},
		{"key twice at the bottom", element(repeat(`{"a":`, 20) + `{"b":1,"B":2}` + repeat("}", 20)), true},
		{"NaN", element(`{"toneInfo":{"sequenceId":NaN,"tone":"tone1"}}`), true},
		{"infinity", element(`{"toneInfo":{"sequenceId":-Infinity,"tone":"tone1"}}`), true},
		{"number of 200k digits", element(`{"toneInfo":{"sequenceId":` + repeat("9", full) + `,"tone":"tone1"}}`), false},
		{"huge exponent", element(`{"resultInfo":{"code":1e999999999,"subcode":-1e-999999999}}`), false},
		{"string of digits beyond 64 bits", element(`{"resultInfo":{"code":"99999999999999999999","subcode":" 1"}}`), false},
		{"invalid UTF-8", element("{\"state\":\"\xff\xfe\xc0\xaf\",\"\xff\":1}"), false},
		{"lone surrogates", element(`{"state":"\ud800\udfff\ud800"}`), false},
		{"null bytes", element("{\"state\":\"a\x00b\"}"), true},
		{"200k backslashes", element(`{"state":"` + repeat(`\\`, full/2) + `"}`), false},
		{"escaped key of 40k letters", element(`{"` + repeat(`\u0061`, full/6) + `":1}`), true},
		{"unclosed string", element(`{"state":"` + repeat("x", full)), true},
		{"closed too often", `{"value":[]}` + repeat("]}", 1000), true},
		{"deep in an unknown key", `{"x":` + repeat("[", 31) + repeat("]", 31) + `,"value":[]}`, false},
		{"resource url of 200 KB", `{"value":[{"resourceUrl":"/communications/calls` + repeat("/", full) + `"}]}`, false},
		{"over the limit", repeat(" ", 10) + `{"value":[` + repeat("0,", graph.MaxBody) + `0]}`, true},
	}
}

// longKeys is an object whose keys are all alike up to their ends but for the
// case of their letters.
func longKeys() string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range 128 {
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range 1000 {
			b.WriteRune([]rune("αΑ")[i>>(j%7)&1])
		}
		fmt.Fprintf(&b, `%d":0`, i)
	}
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), ",", `,"`), "{", `{"`) + "}"
}

// TestBombs shows that hostile bodies cost next to nothing.
func TestBombs(t *testing.T) {
	const limit = 50 * time.Millisecond * slowdown
	for _, test := range bombs() {
		t.Run(test.name, func(t *testing.T) {
			body := []byte(test.body)
			fastest := time.Duration(1 << 62) // of some tries: the machine does other things, too
			for try := 0; try < 3 || try < 50 && fastest > limit; try++ {
				began := time.Now()
				list, err := graph.DecodeNotifications(body)
				for _, n := range list {
					n.Event(epoch, "a")
				}
				fastest = min(fastest, time.Since(began))
				if got := err != nil; got != test.refused {
					t.Fatalf("got error %v, want one: %t", err, test.refused)
				}
				if err != nil && len(err.Error()) > 300 {
					t.Errorf("the error has %d bytes", len(err.Error()))
				}
			}
			if fastest > limit {
				t.Errorf("took %s, want at most %s", fastest, limit)
			}
			t.Logf("%d bytes in %s", len(body), fastest)
			graph.IsLegacy(body)
		})
	}
}
