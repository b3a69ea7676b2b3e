package testkit

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/prompt"
	"github.com/ivrflow/ivrflow/framework/tree"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
)

// verb is a word that starts a step of the caller.
type verb struct {
	name string
	bare bool   // it can stand alone
	why  string // what it needs, or why it is not there
	read func(*reader, *tree.Node) func(*talk) *Failure
}

// verbs are all words of the caller. The node is nil if the word stands alone.
func verbs() []verb {
	return []verb{
		{name: "hears", why: "a prompt's key, its words, or a list of these", read: (*reader).hears},
		{name: "press", why: `keys in quotes, such as "1234#"`, read: (*reader).press},
		{name: "records", why: "how long the caller speaks, such as 5s, or a WAV file", read: (*reader).records},
		{name: "wait", why: "a time such as 5s", read: (*reader).wait},
		{name: "silence", bare: true, read: (*reader).silence},
		{name: "hang_up", bare: true, read: (*reader).hangUp},
		{name: "transferred", bare: true, read: (*reader).transferred},
		{name: "redirected", bare: true, read: (*reader).redirected},
		{name: "rejected", bare: true, read: (*reader).rejected},
		{name: "ended", bare: true, read: (*reader).ended},
		{name: "signal", why: "the signal's name", read: (*reader).signal},
		{name: "joins", why: "who comes, such as {user: ID}", read: (*reader).joins},
		{name: "leaves", why: "who goes, such as {user: ID}", read: (*reader).leaves},
		{name: "let_in", bare: true, read: (*reader).letIn},
	}
}

func (r *reader) hears(n *tree.Node) func(*talk) *Failure {
	var steps []step
	for _, item := range n.ListItems() {
		if x, ok := r.prompt(item); ok {
			steps = append(steps, step{item.Pos, func(t *talk) *Failure { return t.hears(x) }})
		}
	}
	return func(t *talk) *Failure {
		for _, s := range steps {
			if f := s.run(t); f != nil {
				f.Pos = s.pos
				return f
			}
		}
		return nil
	}
}

// prompt reads a prompt's key, its words, or {end: ...}.
func (r *reader) prompt(n *tree.Node) (wanted, bool) {
	end := false
	if n.Kind == tree.Map {
		fields := n.Fields(&r.list, "what is heard", "end")
		if len(fields) != 1 {
			return wanted{}, false
		}
		n, end = fields[0].Value, true
	}
	word, ok := n.Str(&r.list)
	if !ok {
		return wanted{}, false
	}
	x, err := resolve(r.flow, word)
	if err != nil {
		r.list.Errorf(n.Pos, rulePrompt, "%s", err)
	}
	x.end = end
	return x, err == nil
}

func (r *reader) press(n *tree.Node) func(*talk) *Failure {
	text, ok := n.Str(&r.list)
	if !ok {
		return nil
	}
	keys, err := parseKeys(text)
	if err != nil {
		r.list.Errorf(n.Pos, ruleValue, "%s", err)
	}
	return func(t *talk) *Failure { return t.press(keys) }
}

// parseKeys reads "12#", or one key by its name.
func parseKeys(text string) ([]ivr.Key, error) {
	if k, err := ivr.ParseKey(text); err == nil {
		return []ivr.Key{k}, nil
	}
	var keys []ivr.Key
	for _, c := range text {
		k, err := ivr.ParseKey(string(c))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		_, err := ivr.ParseKey(text)
		return nil, err
	}
	return keys, nil
}

var durationForm = regexp.MustCompile(`^[0-9.]+(ms|s|m|h)?$`)

func (r *reader) records(n *tree.Node) func(*talk) *Failure {
	if n.Kind == tree.Scalar && !durationForm.MatchString(n.Value) {
		pcm := r.wav(n)
		return func(t *talk) *Failure { return t.records(pcm) }
	}
	d, ok := n.Duration(&r.list)
	if ok && d > prompt.MaxLength {
		r.list.Errorf(n.Pos, ruleValue, "nobody speaks for %s; at most %s", d, prompt.MaxLength)
		return nil
	}
	return func(t *talk) *Failure { return t.records(graphsim.Tone(d)) }
}

// wav reads an audio file beside the test file.
func (r *reader) wav(n *tree.Node) []int16 {
	name, ok := n.Str(&r.list)
	if !ok {
		return nil
	}
	full := path.Join(path.Dir(r.file), name)
	if path.IsAbs(name) || !fs.ValidPath(full) {
		r.list.Errorf(n.Pos, ruleFile, "%q is not a path inside the project; write it relative to this file, with /", name)
		return nil
	}
	b, err := fs.ReadFile(r.fsys, full)
	if err != nil {
		r.list.Errorf(n.Pos, ruleFile, "the file %q cannot be read: %s", name, cause(err))
		return nil
	}
	pcm, err := prompt.DecodeWAV(b)
	if err != nil {
		r.list.Errorf(n.Pos, ruleFile, "the caller cannot speak %q: %s", name, err)
	}
	return pcm
}

func (r *reader) wait(n *tree.Node) func(*talk) *Failure {
	d, ok := n.Duration(&r.list)
	if ok && d > flow.MaxCallLimit+time.Hour {
		r.list.Errorf(n.Pos, ruleValue, "no call lasts %s; the longest lasts %s", d, flow.MaxCallLimit)
	}
	return func(t *talk) *Failure { return t.wait(d) }
}

func (r *reader) signal(n *tree.Node) func(*talk) *Failure {
	name, _ := n.Str(&r.list)
	return func(t *talk) *Failure { return t.signal(name) }
}

func (r *reader) silence(n *tree.Node) func(*talk) *Failure {
	until := flow.TriggerNoInput
	if n != nil {
		until, _ = n.Word(&r.list, flow.TriggerNoInput, gaveUp)
	}
	return func(t *talk) *Failure { return t.silence(until) }
}

func (r *reader) hangUp(n *tree.Node) func(*talk) *Failure {
	if n != nil {
		r.list.Errorf(n.Pos, ruleValue, "hang_up stands alone, without a value")
	}
	return (*talk).hangUp
}

func (r *reader) transferred(n *tree.Node) func(*talk) *Failure {
	to := r.targets(n)
	return func(t *talk) *Failure { return t.transfers(to) }
}

func (r *reader) redirected(n *tree.Node) func(*talk) *Failure {
	to := r.targets(n)
	return func(t *talk) *Failure { return t.redirects(to) }
}

// targets reads nothing, an id, {user: ID}, {phone: NUMBER},
// {application: ID}, {voicemail: ID}, or a list of these.
func (r *reader) targets(n *tree.Node) []ivr.Target {
	if n == nil {
		return nil
	}
	var to []ivr.Target
	for _, item := range n.ListItems() {
		if item.Kind != tree.Map {
			if id, ok := item.Str(&r.list); ok {
				to = append(to, ivr.Target{ID: id})
			}
			continue
		}
		for _, e := range item.Fields(&r.list, "a target", string(ivr.PartyUser), string(ivr.PartyPhone), string(ivr.PartyApplication), string(ivr.PartyVoicemail)) {
			if id, ok := e.Value.Str(&r.list); ok {
				to = append(to, ivr.Target{Kind: ivr.PartyKind(e.Key), ID: id})
			}
		}
	}
	return to
}

func (r *reader) rejected(n *tree.Node) func(*talk) *Failure {
	var why string
	if n != nil {
		why, _ = n.Word(&r.list, string(ivr.RejectNone), string(ivr.RejectBusy), string(ivr.RejectForbidden))
	}
	return func(t *talk) *Failure { return t.rejects(ivr.RejectReason(why)) }
}

func (r *reader) ended(n *tree.Node) func(*talk) *Failure {
	var by ivr.EndedBy
	if n != nil {
		by = r.endedBy(n)
	}
	return func(t *talk) *Failure { return t.ends(by) }
}

// endedBy reads who ended a call: by_caller, by_flow ...
func (r *reader) endedBy(n *tree.Node) ivr.EndedBy {
	word, _ := n.Word(&r.list, "by_caller", "by_flow", "by_transfer", "by_redirect", "by_reject", "by_error", "by_limit", "by_service")
	return ivr.EndedBy(strings.TrimPrefix(word, "by_"))
}
