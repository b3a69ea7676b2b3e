package dev

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tell"
)

// Keys of a terminal in raw mode.
const (
	keyCtrlC     = 0x03
	keyCtrlD     = 0x04
	keyBackspace = 0x08
	keyCtrlU     = 0x15
	keyEscape    = 0x1b
	keyDelete    = 0x7f
)

// readKeys hands on what is typed at a terminal in raw mode.
func readKeys(stdin io.Reader, d *desk) {
	defer rescue(d.term.restore)
	buffer := make([]byte, 256)
	for {
		n, err := stdin.Read(buffer)
		if typed := string(buffer[:n]); n > 0 {
			d.in.put(func() { d.typed(typed) })
		}
		if err != nil {
			d.in.put(d.leave) // the terminal is gone
			return
		}
	}
}

// readLines hands on lines, and the end of them.
func readLines(stdin io.Reader, d *desk) {
	defer rescue(d.term.restore)
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		text := lines.Text()
		d.in.put(func() { d.typedLine(text) })
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		d.in.put(func() { d.out.note(fmt.Sprintf("the input cannot be read: %v", err)) })
	}
	d.in.put(d.inputEnded)
}

// typed takes what came from the terminal in one piece: mostly one key, more
// when somebody pastes.
func (d *desk) typed(text string) {
	for text != "" && !d.done {
		n := escapeLength(text)
		switch {
		case n == 1:
			d.edit = nil
		case n > 1: // an arrow or another key without a meaning here
		default:
			var r rune
			r, n = utf8.DecodeRuneInString(text)
			if d.edit != nil {
				d.editPath(r)
			} else {
				d.command(r)
			}
		}
		text = text[n:]
	}
}

// escapeLength is the length of the escape sequence with which a text begins,
// 1 for the key ESC, 0 for none.
func escapeLength(text string) int {
	if text[0] != keyEscape {
		return 0
	}
	if len(text) < 3 || text[1] != '[' && text[1] != 'O' {
		return 1
	}
	for i := 2; i < len(text); i++ {
		if text[i] >= '@' && text[i] <= '~' {
			return i + 1
		}
	}
	return len(text)
}

// command is one key, outside the line editor.
func (d *desk) command(r rune) {
	switch r {
	case 'q', 'Q', keyCtrlC, keyCtrlD:
		d.leave()
		return
	case '?':
		d.flush()
		d.out.print("\n" + d.longHelp() + "\n")
		return
	}
	k, err := ivr.ParseKey(string(unicode.ToLower(r)))
	enter := r == '\r' || r == '\n'
	switch t := d.talk; {
	case t == nil && (err == nil || enter):
		d.ring()
	case t == nil || t.ended:
	case err == nil:
		t.call.Press(k)
	case r == 'h' || r == 'H':
		t.call.HangUp()
	case r == 'r' || r == 'R':
		d.edit = &editor{}
	}
}

// editor is a line that is being typed: the path of a WAV file.
type editor struct{ text []rune }

func (e *editor) line() string {
	return "WAV file to speak (ENTER alone: a tone of 3 s, ESC: nothing): " + string(e.text)
}

func (d *desk) editPath(r rune) {
	e := d.edit
	switch {
	case r == '\r' || r == '\n':
		d.edit = nil
		d.speakFile(string(e.text))
	case r == keyCtrlC || r == keyCtrlD:
		d.edit = nil
	case r == keyCtrlU:
		e.text = nil
	case r == keyBackspace || r == keyDelete:
		e.text = e.text[:max(0, len(e.text)-1)]
	case unicode.IsPrint(r) && r != utf8.RuneError:
		e.text = append(e.text, r)
	}
}

// speakFile speaks a WAV file, or so many seconds of a tone.
func (d *desk) speakFile(name string) {
	pcm, err := readSpeech(name)
	if err != nil {
		d.say("speak", fmt.Sprintf("nothing is said: %v", err))
		return
	}
	d.speak(pcm)
}

func (d *desk) speak(pcm []int16) {
	t := d.talk
	if t == nil || t.ended {
		return
	}
	text := tell.Seconds(lengthOf(pcm))
	if t.stage.recording.IsZero() {
		text += ", as soon as the flow records"
	}
	d.say("speak", text)
	if t.scribe != nil {
		t.scribe.Speaks(d.now(), lengthOf(pcm))
	}
	t.speak(d.now(), pcm)
}

// typedLine takes a line of somebody who has no terminal.
func (d *desk) typedLine(text string) {
	if text == "?" || text == "help" {
		d.out.print(d.longHelp() + "\n")
		return
	}
	script, err := parseScript(text)
	if err != nil {
		d.out.note(fmt.Sprintf("not understood: %v", err))
		return
	}
	if len(script) == 0 {
		script = []element{{act: actRing}}
	}
	idle := !d.caller.busy && len(d.caller.queue) == 0
	if idle && len(script) == 1 && d.talk != nil {
		switch script[0].act {
		case actQuit:
			d.leave()
			return
		case actHangUp:
			d.talk.call.HangUp()
			return
		default:
		}
	}
	for _, e := range script {
		if e.act == actQuit {
			d.caller.queue = append(d.caller.queue, element{act: actHangUp, text: "hangup"})
		}
		d.caller.queue = append(d.caller.queue, e)
	}
}

// inputEnded hangs up, after what was asked for before, and leaves.
func (d *desk) inputEnded() {
	d.caller.queue = append(d.caller.queue, element{act: actHangUp, text: "hangup"}, element{act: actQuit, text: "quit"})
}

func (d *desk) shortHelp() string {
	if d.term.raw {
		return "Keys: 0-9 * # a-d press, h hangs up, r speaks, ? helps, q quits."
	}
	return `Lines: keys such as 1#, "say 3s", "wait 3s", h hangs up, q quits, ? helps; the end of the input hangs up.`
}

func (d *desk) longHelp() string {
	if !d.term.raw {
		return ScriptHelp + "\n\nAn empty line rings again when the call is over; q hangs up and quits.\n"
	}
	return `0-9 * # a-d  press a key, at any time
h            hang up
r            speak into the recording: a WAV file, or a tone
q, Ctrl-C    hang up and quit
ENTER        ring again, when the call is over; a key of the phone does so, too
`
}
