package flow

import "time"

// MaxSentKeys is how many keys one send_keys step sends.
const MaxSentKeys = 64

func parseSendKeys(p *stepParser) Spec {
	s := &SendKeys{Keys: p.templateOption("keys", sinkSentKeys), Between: p.duration("between", 50*time.Millisecond, 10*time.Second)}
	e, ok := p.opts["keys"]
	if !ok || s.Keys == nil {
		return s
	}
	text, constant := s.Keys.Constant()
	if !constant {
		return s
	}
	keys, good := p.l.keypad(text)
	switch {
	case !good || keys == "":
		p.l.errorf(e.Value.Pos, ruleWrongType, "%q are no keys; they are 0 to 9, *, # and a to d, such as \"12#\"", shorten(text))
	case len(keys) > MaxSentKeys:
		p.l.errorf(e.Value.Pos, ruleRange, "%d keys in one step; send at most %d, and more in a second one", len(keys), MaxSentKeys)
	}
	return s
}
