package tree

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
)

// Rules of the findings that the accessors make.
const (
	RuleWrongType  = "wrong-type"
	RuleUnquoted   = "unquoted-digits"
	RuleDuration   = "duration"
	RuleUnknownKey = "unknown-key"
)

// DurationPattern is what [Node.Duration] reads.
const DurationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`

var (
	wholeNumber  = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)
	plainNumber  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	durationForm = regexp.MustCompile(DurationPattern)
	digitsOnly   = regexp.MustCompile(`^\+?[0-9]+$`)
)

// What says what the node is, in the words of a message: "a list", "a
// number", "the text "x"".
func (n *Node) What() string {
	switch {
	case n.Faulty():
		return "what cannot be read"
	case n.Kind != Scalar:
		return n.Kind.String()
	case n.Tag == TagNull:
		return "nothing"
	case n.Tag == TagBool:
		return n.Value
	case n.Tag == TagInt, n.Tag == TagFloat:
		return "the number " + clip(n.Value)
	}
	return strconv.Quote(clip(n.Value))
}

// Wrong reports that the node is not what was wanted: want is a phrase such
// as "a duration such as 5s". Of a faulty node all has been said.
func (n *Node) Wrong(l *diag.List, want string) {
	if n.Faulty() {
		return
	}
	l.Errorf(n.Pos, RuleWrongType, "want %s here, not %s", want, n.What())
}

// Str is the node's text. A number, true, false or nothing without quotes is
// reported with the mend.
func (n *Node) Str(l *diag.List) (string, bool) {
	switch {
	case n.Kind != Scalar, n.Tag == TagNull:
		n.Wrong(l, "a text")
	case n.Tag == TagString:
		return n.Value, true
	case digitsOnly.MatchString(n.Value):
		l.Errorf(n.Pos, RuleUnquoted, "digits are a text here and need quotes: %q", clip(n.Value))
		l.Mend(n.Pos, n.Value, `"`+n.Value+`"`)
	default:
		l.Errorf(n.Pos, RuleWrongType, "%s is not a text in YAML; put it in quotes: %q", clip(n.Value), clip(n.Value))
		l.Mend(n.Pos, n.Value, `"`+n.Value+`"`)
	}
	return "", false
}

// Bool is true or false.
func (n *Node) Bool(l *diag.List) (bool, bool) {
	if n.Kind == Scalar && !n.Quoted && (n.Value == "true" || n.Value == "false") {
		return n.Value == "true", true
	}
	n.Wrong(l, "true or false")
	if n.Kind == Scalar && !n.Quoted {
		switch strings.ToLower(n.Value) {
		case "true", "yes", "on":
			l.Mend(n.Pos, n.Value, "true")
		case "false", "no", "off":
			l.Mend(n.Pos, n.Value, "false")
		}
	}
	return false, false
}

// Int is a whole number.
func (n *Node) Int(l *diag.List) (int, bool) {
	if n.Kind == Scalar && !n.Quoted && wholeNumber.MatchString(n.Value) {
		v, err := strconv.Atoi(n.Value)
		return v, err == nil
	}
	n.Wrong(l, "a whole number")
	return 0, false
}

// Number is a decimal number.
func (n *Node) Number(l *diag.List) (float64, bool) {
	if n.Kind == Scalar && !n.Quoted && plainNumber.MatchString(n.Value) {
		v, err := strconv.ParseFloat(n.Value, 64)
		return v, err == nil
	}
	n.Wrong(l, "a number such as 3 or 0.5")
	return 0, false
}

// Duration is a time such as 300ms, 5s, 2m or 1h30m. It is never negative.
func (n *Node) Duration(l *diag.List) (time.Duration, bool) {
	if n.Kind == Scalar && durationForm.MatchString(n.Value) {
		if d, err := time.ParseDuration(n.Value); err == nil {
			return d, true
		}
	}
	if n.Kind == Scalar && plainNumber.MatchString(n.Value) {
		l.Errorf(n.Pos, RuleDuration, "a time needs its unit: %ss, or %sms", n.Value, n.Value)
		return 0, false
	}
	if n.Faulty() {
		return 0, false
	}
	l.Errorf(n.Pos, RuleDuration, "want a time such as 300ms, 5s, 2m or 1h30m here, not %s", n.What())
	return 0, false
}

// Word is one of a set of words; anything else is reported with the words
// that would be right.
func (n *Node) Word(l *diag.List, words ...string) (string, bool) {
	if n.Kind == Scalar {
		for _, w := range words {
			if n.Value == w {
				return w, true
			}
		}
	}
	hint := ""
	if n.Kind == Scalar && n.Tag == TagString {
		hint = diag.DidYouMean(n.Value, words)
	}
	if !n.Faulty() {
		l.Errorf(n.Pos, RuleWrongType, "want %s here, not %s%s", diag.OneOf(words), n.What(), hint)
		if hint != "" {
			l.MendName(n.Pos, n.Value, words)
		}
	}
	return "", false
}

// Strings is a list of texts; one text alone is a list of one.
func (n *Node) Strings(l *diag.List) ([]*Node, bool) {
	items := n.ListItems()
	if n.Kind == Map {
		n.Wrong(l, "a text or a list of texts")
		return nil, false
	}
	ok := true
	for _, item := range items {
		if _, good := item.Str(l); !good {
			ok = false
		}
	}
	return items, ok
}

// ListItems are the items of a list; anything else is a list of itself.
func (n *Node) ListItems() []*Node {
	if n.Kind == List {
		return n.Items
	}
	return []*Node{n}
}

// Fields are the entries of a map of which only some keys are known. Anything
// but a map is reported, and so is every key that is not in known, with the
// keys that would be right; the good entries are returned all the same. What
// names the map in messages, such as "a flow" or "the options of play".
func (n *Node) Fields(l *diag.List, what string, known ...string) []Entry {
	return n.fields(l, what, known, false)
}

// MeantFields are Fields, and the entries under whose key another was probably
// meant, with that one.
func (n *Node) MeantFields(l *diag.List, what string, known ...string) []Entry {
	return n.fields(l, what, known, true)
}

func (n *Node) fields(l *diag.List, what string, known []string, guess bool) []Entry {
	if n.Kind != Map {
		want := "a map of " + what
		if len(known) > 0 {
			want = "a map such as {" + known[0] + ": ...}"
		}
		n.Wrong(l, want)
		return nil
	}
	set := make(map[string]bool, len(known))
	for _, k := range known {
		set[k] = true
	}
	good := make([]Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		if set[e.Key] {
			good = append(good, e)
			continue
		}
		UnknownKey(l, e, what, known)
		if meant, ok := n.Meant(e.Key, known); ok && guess {
			e.Key = meant
			good = append(good, e)
		}
	}
	return good
}

// Meant is the known key that was probably meant by another, and does not
// stand in the map itself.
func (n *Node) Meant(key string, known []string) (string, bool) {
	meant, ok := diag.Suggest(key, known)
	if _, there := n.Entry(meant); !ok || there {
		return "", false
	}
	return meant, true
}

// UnknownKey reports a key that what does not have.
func UnknownKey(l *diag.List, e Entry, what string, known []string) {
	hint := diag.DidYouMean(e.Key, known)
	if hint == "" && len(known) > 0 {
		hint = "; it has " + strings.ReplaceAll(diag.OneOf(known), " or ", " and ")
	}
	l.Errorf(e.KeyPos, RuleUnknownKey, "%s has no key %q%s", what, clip(e.Key), hint)
	l.MendName(e.KeyPos, e.Key, known)
}
