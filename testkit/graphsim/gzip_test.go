package graphsim_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A body may be compressed, as Microsoft's client for Go sends it, unless the
// simulator is an environment that does not know it.
func TestCompressedBody(t *testing.T) {
	whole := zipped(t, answerBody)
	for _, tt := range []struct {
		name, coding string
		body         []byte
		plain        bool
		want         string
		says         string
	}{
		{"gzip", "gzip", whole, false, "202", ""},
		{"capitals", "GZIP", whole, false, "202", ""},
		{"identity", "identity", []byte(answerBody), false, "202", ""},
		{"checked as ever", "gzip", zipped(t, `{"callbackUri":"http://bot.test"}`), false, "400 BadRequest", "missing"},
		{"not compressed", "gzip", []byte(answerBody), false, "400 BadRequest", "not gzip"},
		{"cut off", "gzip", whole[:len(whole)-12], false, "400 BadRequest", "could not be read"},
		{"too much", "gzip", zipped(t, `{"callbackUri":"`+strings.Repeat("a", 1<<20)+`"}`), false, "413 RequestEntityTooLarge", "1 MiB"},
		{"another coding", "br", whole, false, "415 UnsupportedMediaType", "send gzip"},
		{"refused", "gzip", whole, true, "400 BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."},
		{"plain bodies", "", []byte(answerBody), true, "202", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *graphsim.Config) { c.Settings.PlainBodies = tt.plain })
			r := w.request(http.MethodPost, w.path(w.ring(graphsim.Caller{}))+"/answer", string(tt.body))
			if tt.coding != "" {
				r.Header.Set("Content-Encoding", tt.coding)
			}
			if a := w.send(r); statusAndCode(a) != tt.want || !strings.Contains(a.message(), tt.says) {
				t.Errorf("%s %s, want %s with %q", statusAndCode(a), a.raw, tt.want, tt.says)
			}
		})
	}
}
