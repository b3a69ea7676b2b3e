package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/runtime/server"
)

// bombs are bodies that would cost a careless reader dear. All are refused.
func bombs() map[string]string {
	value := func(data string) string { return `{"value":[` + data + `]}` }
	element := func(data string) string {
		return value(`{"changeType":"updated","resourceUrl":"/communications/calls/1","resourceData":` + data + `}`)
	}
	many := strings.Repeat
	keys := func(n int, text string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%s%d":0`, text, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	const full = graph.MaxBody - 1000
	return map[string]string{
		"arrays 100,000 deep":              many("[", 100_000),
		"arrays 100,000 deep and closed":   many("[", 100_000) + many("]", 100_000),
		"objects 40,000 deep":              many(`{"a":`, 40_000),
		"objects 40,000 deep and closed":   many(`{"a":`, 30_000) + "0" + many("}", 30_000),
		"arrays and objects in turn":       many(`[{"a":`, 30_000),
		"33 deep in an element":            element(many("[", 31) + many("]", 31)),
		"deep below an unknown key":        `{"x":` + many("[", 33) + many("]", 33) + `,"value":[]}`,
		"100,000 numbers":                  element("[" + many("1,", 100_000) + "1]"),
		"80,000 notifications":             value(many("{},", 80_000) + "{}"),
		"120,000 nulls":                    value(many("0,", 120_000) + "0"),
		"20,000 keys":                      element(keys(20_000, "k")),
		"1,000 keys of one length":         element(keys(1000, many("k", 200))),
		"10,000 times the same key":        element("{" + many(`"a":0,`, 10_000) + `"a":0}`),
		"the same key in two cases":        element(`{"state":"established","STATE":"terminated"}`),
		"the same key, once escaped":       element(`{"state":"established","st\u0061te":"terminated"}`),
		"value twice":                      `{"value":[],"VALUE":[]}`,
		"a key of 200 KB":                  `{"` + many("k", full) + `":0}`,
		"an escaped key of 40,000 letters": `{"` + many(`\u0061`, full/6) + `":0}`,
		"an unclosed string":               element(`{"state":"` + many("x", full)),
		"closed too often":                 `{"value":[]}` + many("]}", 10_000),
		"NaN":                              element(`{"toneInfo":{"sequenceId":NaN}}`),
		"a byte of zero":                   element("{\"state\":\"a\x00b\"}"),
		"200 KB of brackets in a string":   `["` + many("[", full) + `"`,
	}
}

// TestBombs: each is refused at once and with little memory, and the bot is
// as well as before.
func TestBombs(t *testing.T) {
	const longest, most = 50 * time.Millisecond * slowdown, 32 << 20
	if n := len(bombs()); n < 20 {
		t.Errorf("%d bombs, want 20 or more", n)
	}
	b := newBot(t, nil)
	authorization := bearer(b.good())
	for name, body := range bombs() {
		t.Run(name, func(t *testing.T) {
			fastest, least := time.Duration(1<<62), uint64(1<<62) // of some tries: the machine does other things, too
			for try := 0; try < 3 || try < 50 && fastest > longest; try++ {
				r := request(t, path, body, authorization)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				began := time.Now()
				w := b.do(r)
				fastest = min(fastest, time.Since(began))
				runtime.ReadMemStats(&after)
				least = min(least, after.TotalAlloc-before.TotalAlloc)
				if w.Code != http.StatusBadRequest || w.Body.Len() > 100 {
					t.Fatalf("got %d %q, want 400 and a sentence", w.Code, w.Body)
				}
			}
			if fastest > longest || least > most {
				t.Errorf("took %s and %d bytes, want %s and %d at most", fastest, least, longest, most)
			}
			t.Logf("%d bytes: %s, %d KB", len(body), fastest, least>>10)
		})
	}
	if got := b.intake.count(); got != 0 {
		t.Errorf("%d deliveries, want none", got)
	}
	b.accepts(t, 0, b.good())
}

// inMemory is a listener whose connections are pipes, so that a bubble's time
// can pass while they wait.
type inMemory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l inMemory) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l inMemory) Close() error   { close(l.closed); return nil }
func (l inMemory) Addr() net.Addr { return &net.TCPAddr{} }

func (l inMemory) dial() net.Conn {
	ours, theirs := net.Pipe()
	l.conns <- theirs
	return ours
}

// serving runs a bot's server with its time-outs in a bubble.
func serving(t *testing.T, run func(t *testing.T, b *bot, l inMemory)) {
	t.Helper()
	keys() // takes real time
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, func(c *server.Config) { c.Observe = nil })
		l := inMemory{make(chan net.Conn), make(chan struct{})}
		s := server.HTTPServer(b.handler)
		go func() { _ = s.Serve(l) }()
		run(t, b, l)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// dribble writes one byte a second for a minute, or until the other side has
// enough. What it leaves is up to the reader.
func dribble(c net.Conn, text string) {
	for i := range 60 {
		if _, err := c.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// answerTo reads the first line of an answer, and how long it took until the
// connection was closed after it.
func answerTo(c net.Conn) (line string, closed time.Duration) {
	began := time.Now()
	all, _ := io.ReadAll(c) // an error is as good as an end
	line, _, _ = strings.Cut(string(all), "\r\n")
	return line, time.Since(began)
}

func head(target, token string, length int) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", target, token, length)
}

// TestSlowSenders: nobody holds a connection by sending slowly, and a stranger's
// body is not waited for at all.
func TestSlowSenders(t *testing.T) {
	tests := []struct {
		name   string
		head   func(b *bot) string // sent at once
		rest   string              // sent slowly, over and over
		answer string
		after  time.Duration
	}{
		{"nothing at all", func(*bot) string { return "" }, "", "", 5 * time.Second},
		{"the request line", func(*bot) string { return "" }, "POST /api/calls HTTP/1.1\r\n", "HTTP/1.1 400 Bad Request", 5 * time.Second},
		{"a header", func(*bot) string { return "POST /api/calls HTTP/1.1\r\nHost: bot\r\nX-Slow: " }, "x", "", 5 * time.Second},
		{"a good sender's body", func(b *bot) string { return head(path, b.good(), 1000) }, " ", "HTTP/1.1 408 Request Timeout", 10 * time.Second},
		{"no body of a good sender", func(b *bot) string { return head(path, b.good(), 1000) }, "", "HTTP/1.1 408 Request Timeout", 10 * time.Second},
		{"a stranger's body", func(*bot) string { return head(path, "a.b.c", 1000) }, " ", "HTTP/1.1 403 Forbidden", 0},
		{"no body of a stranger", func(*bot) string { return head(server.WebhookPath, "a.b.c", graph.MaxBody) }, "", "HTTP/1.1 403 Forbidden", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			serving(t, func(t *testing.T, b *bot, l inMemory) {
				c := l.dial()
				var sender sync.WaitGroup
				sender.Go(func() {
					if text := tt.head(b); text != "" {
						if _, err := io.WriteString(c, text); err != nil {
							t.Error(err)
						}
					}
					if tt.rest != "" {
						dribble(c, tt.rest)
					}
				})
				line, after := answerTo(c)
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				sender.Wait()
				if line != tt.answer || after > tt.after+time.Second {
					t.Errorf("got %q, closed after %s; want %q after %s", line, after, tt.answer, tt.after)
				}
				if got := b.intake.count(); got != 0 {
					t.Errorf("%d deliveries, want none", got)
				}
			})
		})
	}
}

// TestSlowSendersHoldNobodyUp: a good callback is answered at once while 500
// connections dribble.
func TestSlowSendersHoldNobodyUp(t *testing.T) {
	serving(t, func(t *testing.T, b *bot, l inMemory) {
		var slow []net.Conn
		var cut atomic.Int64
		var all sync.WaitGroup
		for i := range 500 {
			c := l.dial()
			slow = append(slow, c)
			text := "POST /api/calls HTTP/1.1\r\nX-Slow: "
			if i%2 == 0 {
				text = head(path, b.good(), 1000)
			}
			all.Go(func() {
				_, _ = io.WriteString(c, text)
				dribble(c, " ")
			})
			all.Go(func() {
				_, _ = answerTo(c)
				cut.Add(1)
			})
		}
		synctest.Wait()
		began := time.Now()
		c := l.dial()
		go func() { _, _ = io.WriteString(c, head(path, b.good(), len(toneBody))+toneBody) }()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); resp.StatusCode != http.StatusAccepted || took > 0 {
			t.Errorf("got %d after %s, want 202 at once", resp.StatusCode, took)
		}
		time.Sleep(12 * time.Second)
		if got := cut.Load(); got != int64(len(slow)) {
			t.Errorf("after 12 s %d of %d slow connections were cut, want all", got, len(slow))
		}
		for _, c := range append(slices.Clip(slow), c) {
			_ = c.Close() // most are closed
		}
		all.Wait()
	})
}

// TestStrangersBodyStaysUnread: over the wire, too, nothing of a body is read
// before the token is good, and the connection ends with the refusal.
func TestStrangersBodyStaysUnread(t *testing.T) {
	serving(t, func(t *testing.T, b *bot, l inMemory) {
		c := l.dial()
		unread := make(chan error, 1)
		go func() {
			_, err := io.WriteString(c, head(path, "a.b.c", 100_000))
			if err == nil {
				for range 100 { // more than the server's buffer
					if _, err = io.WriteString(c, strings.Repeat(" ", 1000)); err != nil {
						break
					}
				}
			}
			unread <- err
		}()
		if line, _ := answerTo(c); line != "HTTP/1.1 403 Forbidden" {
			t.Errorf("got %q, want 403", line)
		}
		if err := <-unread; err == nil {
			t.Error("the whole body was read, want the connection to end before")
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestMethods: what is no POST is refused before anything else is looked at.
func TestMethods(t *testing.T) {
	b := newBot(t, nil)
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "post", "POSTX"} {
		for _, target := range []string{path, server.WebhookPath} {
			for _, token := range []string{b.good(), "a.b.c"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, untouchable{t})
				r.Method = method
				r.Header.Set("Authorization", "Bearer "+token)
				r.Header.Set("Content-Type", "application/json")
				if w := b.do(r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
					t.Errorf("%s %s: got %d, Allow %q, want 405 and POST", method, target, w.Code, w.Header().Get("Allow"))
				}
			}
		}
	}
	if got := b.intake.count(); got != 0 {
		t.Errorf("%d deliveries, want none", got)
	}
}
