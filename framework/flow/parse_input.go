package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxKeys is the size of the type-ahead buffer: no entry can be longer.
const maxKeys = 30

// maxEntries is the number of keys that a menu may have.
const maxEntries = 100

const (
	maxTries    = 20
	longestWait = 2 * time.Minute
	shortest    = 100 * time.Millisecond
)

func parsePlay(p *stepParser) Spec {
	return &Play{Prompt: p.prompt("prompt"), BargeIn: p.bargeIn(), Loop: p.int("loop", 20)}
}

// input reads what menu and collect share. between_keys may be 0 in a menu
// whose entries are single keys.
func (p *stepParser) input(leastBetween time.Duration) Input {
	in := Input{
		Prompt:      p.prompt("prompt"),
		FirstKey:    p.duration("first_key", shortest, longestWait),
		BetweenKeys: p.duration("between_keys", leastBetween, longestWait),
		Tries:       p.int("tries", maxTries),
		BargeIn:     p.bargeIn(),
		NoInput:     p.promptsByTry("no_input"),
		NoMatch:     p.promptsByTry("no_match"),
		Reprompt:    p.bool("reprompt"),
		Flush:       p.bool("flush"),
	}
	if e, ok := p.opts["first_key"]; ok && in.FirstKey < 2*time.Second {
		p.l.warnf(e.Value.Pos, ruleShortFirstKey, "first_key: %s is short; people need 2s or more to reach the keys", e.Value.Value)
	}
	if !in.Reprompt {
		return in
	}
	for _, sorry := range slices.Concat(in.NoInput, in.NoMatch) {
		p.l.checkJoin(p.pos, " with the prompt that follows no_input or no_match", slices.Concat(sorry, in.Prompt))
	}
	return in
}

func parseMenu(p *stepParser) Spec {
	m := &Menu{Input: p.input(0), Word: p.verb.Name}
	m.Choices = p.choices()
	e, ok := p.opts["keys"]
	switch {
	case ok:
		p.menuKeys(m, e.Value)
		p.choiceKeys(m)
	case m.Choices == nil:
		p.d.loose = true
		if !p.bad && !p.l.lost("keys") && !p.l.lost("choices") {
			p.l.errorf(p.pos, ruleMissingKey, "menu needs %q: %s", "keys", p.option("keys").Doc)
		}
		p.bad = true
	}
	p.menuGlobals(m)
	return m
}

// menuGlobals adds the global keys that a menu does not define itself.
func (p *stepParser) menuGlobals(m *Menu) {
	p.globalKeys(func(g Entry) bool {
		chosen := m.Choices != nil && '1' <= g.Keys[0] && int(g.Keys[0]-'0') <= m.Choices.Max
		return !chosen && !slices.ContainsFunc(m.Entries, func(e Entry) bool { return e.Keys == g.Keys })
	}, &m.Entries)
}

func (p *stepParser) menuKeys(m *Menu, n *tree.Node) {
	if n.Kind != tree.Map {
		p.d.loose = true
		n.Wrong(&p.l.list, "a map of keys with what follows, such as {1: sales, 0: agent},")
		return
	}
	if len(n.Entries) == 0 {
		p.d.loose = true
		p.l.errorf(n.Pos, ruleMissingKey, `a menu needs at least one key; a bare # begins a comment, so write it "#"`)
	}
	if len(n.Entries) > maxEntries {
		p.d.loose = true
		p.l.errorf(n.Pos, ruleTooLarge, "a menu with %d keys; at most %d are read", len(n.Entries), maxEntries)
		return
	}
	p.repeated(n)
	for _, e := range n.Entries {
		entry, ok := p.l.menuEntry(e)
		switch {
		case !ok:
			p.d.loose = true
			p.l.salvage(e.Value, p.d)
			continue
		case slices.Contains(m.Entries, entry):
			p.l.errorf(e.KeyPos, ruleDuplicateKey, "the key %s stands in this menu a second time", e.Key)
			p.d.loose = true
			p.l.salvage(e.Value, p.d)
			continue
		case len(entry.Keys) > maxKeys:
			p.l.errorf(e.KeyPos, ruleNeverTyped, "nobody can type %d keys; at most %d are kept", len(entry.Keys), maxKeys)
			p.d.broken = true
		case len(entry.Keys) > 1 && m.BetweenKeys == 0:
			p.l.errorf(e.KeyPos, ruleNeverTyped, "%s can never be typed with between_keys: 0s, which takes the first key for the whole entry", e.Key)
			p.d.broken = true
		}
		m.Entries = append(m.Entries, entry)
		p.keyHandler(entry, p.handlerOrLoose(e.Value))
	}
}

func (p *stepParser) keyHandler(entry Entry, h *handler) {
	p.d.outcomes = append(p.d.outcomes, Outcome{Name: entry.Outcome, Doc: "the caller pressed " + entry.Keys})
	p.handle(entry.Outcome, h)
}

// globalKeys adds the flow's global keys that may act in this step. They act
// in states only.
func (p *stepParser) globalKeys(may func(Entry) bool, into *[]Entry) {
	if p.d.block.section != InState {
		return
	}
	for _, g := range p.l.globals {
		if may(g.entry) && !slices.Contains(p.l.reading, g.node) {
			*into = append(*into, g.entry)
			p.keyHandler(g.entry, p.apart(g.node))
		}
	}
}

func parseCollect(p *stepParser) Spec {
	v := p.variableOption("var")
	c := &Collect{
		Input:     p.input(shortest),
		EndsWith:  p.keyOption("ends_with"),
		Terminate: p.duration("terminate", 0, longestWait),
		Whole:     p.duration("whole", time.Second, 10*time.Minute),
	}
	if v == nil {
		return c
	}
	c.Var = v.Name
	p.l.used.vars[v.Name] = true
	if !v.unsure && !v.typable() {
		p.l.errorf(p.pos, ruleWrongType, "a %s cannot be typed on a keypad", v.Type)
		return c
	}
	p.collectLength(c, v)
	p.collectAllowed(c, v)
	p.globalKeys(func(g Entry) bool {
		return !strings.Contains(c.Allowed, g.Keys) && g.Keys != c.EndsWith.String()
	}, &c.GlobalKeys)
	return c
}

// typable types have a form on the keypad; see [Var.Accept].
func (v *Var) typable() bool {
	switch v.Type {
	case TypeRecording, TypeList, TypeMap:
		return false
	case TypeString, TypeDigits, TypeNumber, TypeBool, TypeMoney, TypeDate, TypeTime, TypePhone:
	}
	return true
}

func (p *stepParser) collectLength(c *Collect, v *Var) {
	c.Min, c.Max = v.MinLen, v.MaxLen
	switch v.Type {
	case TypeDate:
		c.Min, c.Max = 8, 8
	case TypeTime:
		c.Min, c.Max = 4, 4
	case TypeBool:
		c.Min, c.Max = 1, 1
	case TypeString, TypeDigits, TypeNumber, TypeMoney, TypePhone, TypeRecording, TypeList, TypeMap:
	}
	if e, ok := p.opts["length"]; ok {
		least, most := p.l.length(e.Value)
		if v.MinLen > 0 && most > 0 && !v.unsure && (least < v.MinLen || most > v.MaxLen) {
			p.l.errorf(e.Value.Pos, ruleRange, "%q holds %s, so a length of %s can never be right", v.Name, lengthText(v.MinLen, v.MaxLen), e.Value.Value)
		}
		c.Min, c.Max = least, most
	}
	if c.Max == 0 {
		c.Min, c.Max = 1, maxKeys
	}
	if c.Max > maxKeys {
		p.l.errorf(p.pos, ruleRange, "nobody can type %d keys; at most %d are kept", c.Max, maxKeys)
	}
}

// collectAllowed takes the terminator out of the keys that count.
func (p *stepParser) collectAllowed(c *Collect, v *Var) {
	keys := v.keys()
	if e, ok := p.opts["allowed"]; ok {
		keys = p.keysOption("allowed")
		if keys != "" && c.EndsWith != 0 && strings.Trim(keys, c.EndsWith.String()) == "" {
			p.l.errorf(e.Value.Pos, ruleNeverTyped, "only the key that ends the entry is allowed, so that nothing can be typed")
		}
	}
	var b strings.Builder
	for _, k := range []byte(keys) {
		if ivr.Key(k) != c.EndsWith && !strings.Contains(b.String(), string(rune(k))) {
			b.WriteByte(k)
		}
	}
	c.Allowed = b.String()
}

// keys are those that a typed value of the type can hold.
func (v *Var) keys() string {
	switch v.Type {
	case TypeNumber, TypeMoney:
		return "0123456789*" // * is the decimal point
	case TypeBool:
		return "12"
	case TypeString, TypeDigits, TypeDate, TypeTime, TypePhone, TypeRecording, TypeList, TypeMap:
	}
	return "0123456789"
}

func parseRecord(p *stepParser) Spec {
	r := &Record{
		Prompt: p.prompt("prompt"), BargeIn: p.bargeIn(), Beep: p.bool("beep"),
		FirstKey: p.duration("first_key", shortest, longestWait),
		Consent:  Consent(p.word("consent")),
		Silence:  p.seconds("silence", time.Second, 2*time.Minute), InitialSilence: p.seconds("initial_silence", time.Second, 2*time.Minute),
	}
	for _, k := range []byte(p.keysOption("stop_keys")) {
		if strings.IndexByte("0123456789*#", k) < 0 {
			p.l.errorf(p.opts["stop_keys"].Value.Pos, ruleRange, "a recording cannot be stopped by the key %c; the keys are 0 to 9, star and pound", k)
			continue
		}
		r.StopKeys = append(r.StopKeys, ivr.Key(k))
	}
	p.recordTime(r)
	if r.Every == 0 && !p.stray() && !p.l.lost("keep_on_hangup") {
		p.l.warnf(p.pos, ruleLostRecording, "a caller who hangs up loses this recording; keep_on_hangup: {every: 15s} keeps it")
	}
	if v := p.variableOption("var"); v != nil {
		r.Var = v.Name
		p.l.used.vars[v.Name] = true
		if v.Type != TypeRecording && !v.unsure {
			p.l.errorf(p.pos, ruleWrongType, "%q is a %s; record needs a variable of type recording", v.Name, v.Type)
		}
	}
	if r.Consent == ConsentAsked && len(r.Prompt) == 0 {
		p.l.errorf(p.pos, ruleMissingKey, "consent: asked needs a prompt that asks; the caller agrees with 1")
	}
	if r.Consent != ConsentAsked {
		p.d.outcomes = slices.DeleteFunc(p.d.outcomes, func(o Outcome) bool { return o.Name == "refused" })
	}
	return r
}

// The longest recordings: in one piece, and in pieces.
const (
	longestPiece  = 2 * time.Minute
	longestPieces = 30 * time.Minute
)

func (p *stepParser) recordTime(r *Record) {
	p.recordEvery(r)
	longest := longestPiece
	if r.Every > 0 || p.stray() || p.l.lost("keep_on_hangup") { // which may be among the strays
		longest = longestPieces
	}
	if e, ok := p.opts["max"]; ok && longest == longestPiece {
		if d, err := time.ParseDuration(e.Value.Value); err == nil && d > longest {
			p.l.errorf(e.Value.Pos, ruleRange, "a recording longer than 2m needs keep_on_hangup: {every: 15s}, which records in pieces")
			r.Max = longest
			return
		}
	}
	r.Max = p.seconds("max", time.Second, longest)
}

// recordEvery reads keep_on_hangup: true, false or {every: 15s}.
func (p *stepParser) recordEvery(r *Record) {
	e, ok := p.opts["keep_on_hangup"]
	if !ok || e.Value.Kind == tree.Scalar && e.Value.Value == "false" {
		return
	}
	r.Every = 15 * time.Second
	if e.Value.Kind == tree.Scalar && e.Value.Value == "true" {
		return
	}
	for _, f := range e.Value.MeantFields(&p.l.list, "keep_on_hangup", keysOf(piecesFields())...) {
		if d, ok := f.Value.Duration(&p.l.list); ok && p.l.between(f.Value, d, 5*time.Second, longestPiece) {
			r.Every = d
		}
		if r.Every%time.Second != 0 {
			p.l.errorf(f.Value.Pos, ruleRange, "the platform takes whole seconds here, not %s", f.Value.Value)
		}
		if r.Every <= r.InitialSilence && !p.stray() && !p.l.lost("initial_silence") {
			p.l.errorf(f.Value.Pos, ruleRange, "pieces of %s end before initial_silence (%s) is over, so that silence would count as a message; write more", short(r.Every), short(r.InitialSilence))
		}
	}
}
