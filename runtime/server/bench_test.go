package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/runtime/server"
)

func BenchmarkVerify(b *testing.B) {
	bot := newBot(b, nil)
	good := bot.good()
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bot.verifier.Verify(b.Context(), good); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("uncached", func(b *testing.B) {
		// Expired within the skew: good, and never remembered.
		token := bot.token(func(_, c object) { c["exp"] = bot.clock.Now().Add(-time.Minute).Unix() })
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bot.verifier.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
	refused := map[string]string{
		"refused/signature":   good[:len(good)-8] + "AAAAAAAA",
		"refused/unknown key": bot.token(func(h, _ object) { h["kid"] = "x" }),
		"refused/20k dots":    string(bytes.Repeat([]byte("."), 20_000)),
		"refused/1 MB":        string(bytes.Repeat([]byte("a"), 1<<20)),
		"refused/8 KB":        string(bytes.Repeat([]byte("W3t9"), 2000)) + ".e30.AA",
	}
	for name, token := range refused {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bot.verifier.Verify(b.Context(), token); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// discard answers nobody and costs nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkCallback compares the whole handler, token and routing and lenient
// decoding included, with a raw handler that decodes the same JSON.
func BenchmarkCallback(b *testing.B) {
	bot := newBot(b, func(c *server.Config) { c.Observe = nil; c.Intake = nowhere{} })
	authorization := "Bearer " + bot.good()
	run := func(b *testing.B, h http.Handler) {
		b.Helper()
		b.ReportAllocs()
		header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Authorization": {authorization}}
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, nil)
		r.Header, r.ContentLength = header, int64(len(toneBody))
		body := bytes.NewReader(nil)
		for b.Loop() {
			body.Reset([]byte(toneBody))
			r.Body = io.NopCloser(body)
			w := discard{header: http.Header{}}
			h.ServeHTTP(&w, r)
			if w.status != http.StatusAccepted {
				b.Fatal(w.status)
			}
		}
	}
	b.Run("whole", func(b *testing.B) { run(b, bot.handler) })
	b.Run("raw", func(b *testing.B) { run(b, http.HandlerFunc(rawHandler)) })
}

// rawHandler is the least that a bot could do.
func rawHandler(w http.ResponseWriter, r *http.Request) {
	var batch struct {
		Value []struct {
			ChangeType   string         `json:"changeType"`
			ResourceURL  string         `json:"resourceUrl"`
			ResourceData map[string]any `json:"resourceData"`
		} `json:"value"`
	}
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func BenchmarkMedia(b *testing.B) {
	m := newMedia(b, newClock(), key1, nil)
	b.Run("URL", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = m.URL("https://bot.example.com", wavHash, time.Time{})
		}
	})
	b.Run(fmt.Sprintf("GET %d bytes", len(wav)), func(b *testing.B) {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, m.URL("", wavHash, time.Time{}), nil)
		b.ReportAllocs()
		for b.Loop() {
			w := discard{header: http.Header{}}
			m.ServeHTTP(&w, r)
			if w.status != http.StatusOK {
				b.Fatal(w.status)
			}
		}
	})
}
