package testkit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// hears waits until a prompt starts.
func (t *talk) hears(x wanted) *Failure {
	t.paused, t.busy = true, false
	if x.end {
		return t.hearsEnd(x)
	}
	began, step := t.next, t.seen.step
	scan := t.next
	for {
		t.until(func() bool { return len(t.seen.heard) > scan })
		if len(t.seen.heard) == scan {
			return t.failAt(step, "to hear "+x.String(), t.instead(max(began, t.acted)), t.unheard(x, began)).couldBe(t.inPlaceOf(x, began))
		}
		found := x.matches(t.seen.heard[scan].part)
		scan++
		switch {
		case found:
			t.next = scan
			return nil
		case t.strict:
			t.next = scan
			return t.fail("to hear "+x.String()+" next", "heard "+spelt(t.seen.heard[scan-1].part),
				"name every prompt, or leave strict out").couldBe(t.inPlaceOf(x, scan-1))
		}
	}
}

// hearsEnd waits until a prompt that has started, or will, was heard to its
// end.
func (t *talk) hearsEnd(x wanted) *Failure {
	began := max(t.next-1, 0)
	at := -1
	step := t.seen.step
	found := t.until(func() bool {
		at = -1
		for i := began; i < len(t.seen.heard) && at < 0; i++ {
			if h := t.seen.heard[i]; x.matches(h.part) && h.over && !h.cut {
				at = i
			}
		}
		return at >= 0
	})
	if !found {
		return t.failAt(step, "to hear "+x.name()+" to its end", t.instead(t.next), "")
	}
	t.next = max(t.next, at+1)
	return nil
}

// inPlaceOf is what a test could hear in the place of a prompt: one that was heard
// since and is spelt much like it, or else the next one, after what the caller did.
func (t *talk) inPlaceOf(x wanted, began int) renewal {
	names := t.names(began)
	if like, ok := diag.Suggest(cmp.Or(x.key, x.text), names); ok {
		return renewal{text: yamlText(like)}
	}
	if since := t.names(max(began, t.acted)); len(since) > 0 {
		names = since
	}
	if len(names) == 0 {
		return renewal{}
	}
	return renewal{text: yamlText(names[0])}
}

// names are the prompts that were heard from one on, by key or by words.
func (t *talk) names(from int) []string {
	var names []string
	for _, h := range t.seen.heard[min(from, len(t.seen.heard)):] {
		switch p := h.part; {
		case p.Key != "" && p.Words == "":
			names = append(names, p.Key)
		case p.Text != "" && !p.SSML:
			names = append(names, p.Text)
		}
	}
	return names
}

// unheard finds the likely reason why a prompt was not heard.
func (t *talk) unheard(x wanted, began int) string {
	for i := range t.seen.heard[:began] {
		if x.matches(t.seen.heard[i].part) {
			return fmt.Sprintf("%s was heard before; each prompt is heard once, in the order of the steps", x.name())
		}
	}
	if t.seen.end != nil && t.seen.end.By == ivr.EndedByCaller {
		return "the caller hung up before"
	}
	if like, ok := diag.Suggest(cmp.Or(x.key, x.text), t.names(began)); ok {
		return "write hears: " + yamlText(like) + ", if that is what was meant"
	}
	return ""
}

// press types keys, once it is the caller's turn: at once if the caller has
// listened or waited since the keys before, else when the flow has reacted to
// them and takes keys again.
func (t *talk) press(keys []ivr.Key) *Failure {
	typed := typedKeys(keys)
	step := t.seen.step
	if !t.paused && !t.awaitTurn() {
		return t.failAt(step, "the flow to take keys, so that the caller can press "+typed, t.instead(len(t.seen.heard)), "")
	}
	if f := t.alive("press " + typed); f != nil {
		return f
	}
	t.paused, t.busy, t.acted = false, true, len(t.seen.heard)
	t.seen.say(byCaller, "presses %s", typed)
	t.line().Press(keys...)
	return nil
}

// keysArrive is how long keys are believed to be on their way: a callback that
// carries one may be lost.
const keysArrive = 5 * time.Second

// awaitTurn waits until the flow takes keys.
func (t *talk) awaitTurn() bool {
	w := t.seen
	t.clock.RunFor(keysArrive, func() bool { return !w.typing() || t.over() || t.void() != nil })
	return t.until(w.takesKeys)
}

// wait lets time pass.
func (t *talk) wait(d time.Duration) *Failure {
	t.paused, t.busy = true, false
	t.seen.say(byCaller, "waits %s", d)
	t.clock.RunFor(d, func() bool { return t.void() != nil })
	return t.check()
}

// signal has the bot's program send the session a signal.
func (t *talk) signal(name string) *Failure {
	t.paused, t.busy = true, false
	if f := t.alive("be signalled"); f != nil {
		return f
	}
	t.seen.say(byFlow, "is sent the signal %s", name)
	if err := t.bot.Signal(context.Background(), t.seen.session.ID, name); err != nil {
		return t.fail("the signal "+name+" to reach the flow", err.Error(), "")
	}
	return nil
}

// silence waits until the flow gives up waiting for keys: once (no_input), or
// for good (gave_up).
func (t *talk) silence(until string) *Failure {
	t.paused, t.busy = true, false
	if f := t.alive("stay silent"); f != nil {
		return f
	}
	t.seen.say(byCaller, "says and presses nothing")
	decisive := []string{until}
	if until == flow.TriggerNoInput {
		decisive = append(decisive, flow.TriggerNoMatch, gaveUp)
	}
	scan, step, is := len(t.seen.moves), t.seen.step, ""
	t.until(func() bool {
		for ; scan < len(t.seen.moves) && is == ""; scan++ {
			if word, _, _ := strings.Cut(t.seen.moves[scan].trigger, "."); slices.Contains(decisive, word) {
				is = word
			}
		}
		return is != ""
	})
	switch is {
	case until:
		return nil
	case "":
		return t.failAt(step, "the flow to end its wait for keys with "+until, t.instead(len(t.seen.heard)), "")
	case gaveUp:
		return t.fail("another try (no_input)", "it was the last try (gave_up)", "write silence: gave_up").couldBe(renewal{text: gaveUp})
	}
	return t.fail("no_input", "keys were there, and did not fit (no_match)", "")
}

// hangUp puts the receiver down.
func (t *talk) hangUp() *Failure {
	if f := t.alive("hang up"); f != nil {
		return f
	}
	t.hungUp, t.busy = true, false
	t.seen.say(byCaller, "hangs up")
	t.line().HangUp()
	return nil
}

// records speaks as soon as the flow records, until all is said or the flow
// stops recording.
func (t *talk) records(pcm []int16) *Failure {
	t.paused, t.busy = true, true
	w, step := t.seen, t.seen.step
	said := time.Duration(len(pcm)) * time.Second / sampleRate
	if !t.until(func() bool { return w.listening }) {
		return t.failAt(step, "the flow to record", t.instead(len(w.heard)), "")
	}
	t.acted = len(w.heard)
	w.say(byCaller, "speaks for %s", said)
	begin := t.clock.Now()
	if t.spoke != nil {
		t.spoke(begin, said)
	}
	for {
		gone := t.clock.Now().Sub(begin)
		if gone >= said {
			return t.check()
		}
		if w.listening { // a recording in stretches needs what is left for each
			t.line().Speak(pcm[int64(gone)*sampleRate/int64(time.Second):])
		}
		n := w.recordings
		t.clock.RunFor(said-gone, func() bool { return w.recordings > n || t.over() || t.void() != nil })
		if t.over() || t.void() != nil {
			return t.check()
		}
	}
}

const sampleRate = 16000

func typedKeys(keys []ivr.Key) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(k.String())
	}
	return b.String()
}
