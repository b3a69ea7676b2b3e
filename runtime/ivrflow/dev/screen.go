package dev

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/tell"
)

// screen writes lines, and on a terminal a live line below them. It is used by
// one goroutine.
type screen struct {
	w      io.Writer
	raw    bool // a terminal in raw mode: a live line, and \r before each \n
	colour bool
	width  func() int
	live   string    // what stands on the live line now
	began  time.Time // when the call of the next lines began to ring
}

func newScreen(w io.Writer, t terminal) *screen {
	return &screen{w: w, raw: t.raw, colour: t.raw && os.Getenv("NO_COLOR") == "", width: t.width}
}

// Escape sequences; used on terminals only.
const (
	clearLine = "\r\x1b[K"
	bold      = "\x1b[1m"
	dim       = "\x1b[2m"
	plain     = "\x1b[0m"
)

func (s *screen) paint(style, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return style + text + plain
}

// indent is the width of the time and the tag before a line's text.
const indent = 17

// line writes what happened, with the time since the first ring.
func (s *screen) line(at time.Time, tag, text string) {
	head := fmt.Sprintf("%6.1f  %-7s  ", at.Sub(s.began).Seconds(), tag)
	text = s.wrap(tell.Clean(text), indent)
	if tag == "hear" {
		text = s.paint(bold, text)
	}
	s.print(s.paint(dim, head) + text + "\n")
}

// note writes a line that belongs to no moment of a call.
func (s *screen) note(text string) { s.print(s.wrap(tell.Clean(text), 0) + "\n") }

// print writes whole lines above the live line.
func (s *screen) print(text string) {
	if !s.raw {
		_, _ = io.WriteString(s.w, text) // nobody is there to be told
		return
	}
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if s.live != "" {
		text = clearLine + text + s.live
	}
	_, _ = io.WriteString(s.w, text)
}

// setLive replaces the live line; lines of writers have none.
func (s *screen) setLive(text string) {
	if !s.raw {
		return
	}
	if w := s.width(); utf8.RuneCountInString(text) >= w && w > 1 {
		text = string([]rune(text)[:w-1])
	}
	if text == s.live {
		return
	}
	s.live = text
	_, _ = io.WriteString(s.w, clearLine+text)
}

// wrap breaks a text between words so that it stands in a column of its own.
func (s *screen) wrap(text string, column int) string {
	width := s.width() - column
	if !s.raw || width < 20 {
		return text
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n"+strings.Repeat(" ", column))
}

// bar is progress in so many characters.
func bar(done, whole time.Duration, width int) string {
	if whole <= 0 {
		whole = 1
	}
	n := int(int64(width) * int64(min(max(done, 0), whole)) / int64(whole))
	if n == 0 {
		return "[" + strings.Repeat("-", width) + "]"
	}
	return "[" + strings.Repeat("=", n-1) + ">" + strings.Repeat("-", width-n) + "]"
}
