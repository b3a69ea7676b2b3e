package prove

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ivrflow/ivrflow/framework/expression"
	"github.com/ivrflow/ivrflow/framework/flow"
)

// This file finds texts for all ways in which comparisons with constants can hold of
// one text together: startsWith "a" and endsWith "b" at once, say. Each comparison
// reads a text rune by rune, and keeps of what it has read only what it still needs to
// know. So there are few states in which all of them can be after any text, and one
// text for each is enough.

// scan is what a comparison keeps of a text when one more rune is read: of two texts
// of which it keeps the same, it cannot tell what follows apart. It begins with "".
type scan func(kept string, r rune) string

// mostScanned bounds how many states are looked at, and mostRunes how many runes are
// tried in each.
const (
	mostScanned = 5_000
	mostRunes   = 64
)

// textsFor are texts, the shortest first, for all ways in which the comparisons can
// hold of a text; all is false if they are too many, or one is not understood.
func textsFor(with []expression.Comparison) (texts []string, all bool) {
	scans, runes, ok := scansOf(with)
	if !ok || len(runes) > mostRunes {
		return nil, false
	}
	type read struct {
		text string
		kept []string
	}
	queue := []read{{"", make([]string, len(scans))}}
	known := map[string]bool{strings.Join(queue[0].kept, "\xff"): true}
	told := map[string]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if sig := signature(at.text, with); !told[sig] {
			told[sig] = true
			texts = append(texts, at.text)
		}
		for _, r := range runes {
			next := read{at.text + string(r), make([]string, len(scans))}
			for i, s := range scans {
				next.kept[i] = s(at.kept[i], r)
			}
			if k := strings.Join(next.kept, "\xff"); !known[k] {
				if len(known) == mostScanned {
					return texts, false
				}
				known[k] = true
				queue = append(queue, next)
			}
		}
	}
	return texts, true
}

// textsOf are texts for all ways in which comparisons can hold of a variable that is a
// text, those that it cannot have among them. If these are too many that is noted.
func (fs *facts) textsOf(decl *flow.Var, with []expression.Comparison) []string {
	if len(with) == 0 || decl.Type != flow.TypeString && decl.Type != flow.TypeDigits {
		return nil
	}
	form := slices.Clone(with)
	if decl.MaxLen > 0 {
		form = append(form, expression.Comparison{Length: true, Value: float64(decl.MinLen)}, expression.Comparison{Length: true, Value: float64(decl.MaxLen)})
	}
	if decl.Type == flow.TypeDigits {
		form = append(form, expression.Comparison{Operator: "matches", Value: `^[0-9A-Da-d*#]*$`})
	}
	if decl.Pattern != "" {
		form = append(form, expression.Comparison{Operator: "matches", Value: "^(?:" + decl.Pattern + ")$"})
	}
	texts, all := textsFor(form)
	if !all {
		fs.doubt(decl.Pos, "the conditions on %s can hold together in more ways than were tried", decl.Name)
	}
	return texts
}

// scansOf are how the comparisons read, and runes of which each stands for all between
// which none of them tells a difference: the likely ones first.
func scansOf(with []expression.Comparison) (scans []scan, runes []rune, ok bool) {
	var more []rune
	for _, c := range with {
		if n, number := c.Value.(float64); c.Length && number {
			scans = append(scans, scanLength(int(min(max(n, 0), mostScanned))+2))
			continue
		}
		if c.Operator == isTarget {
			c = expression.Comparison{Operator: "matches", Value: targetForm.String()}
		}
		values, list := c.Value.([]any)
		if !list {
			values = []any{c.Value}
		}
		for _, v := range values {
			lit, text := v.(string)
			if !text || c.Length {
				return nil, nil, false
			}
			s, known, beside := scanOf(c.Operator, lit)
			if s == nil {
				return nil, nil, false
			}
			scans, runes, more = append(scans, s), append(runes, known...), append(more, beside...)
		}
	}
	for _, r := range "x1az0XZ~" {
		if !slices.Contains(runes, r) {
			runes = append([]rune{r}, runes...) // in none of the constants
			break
		}
	}
	var some []rune
	for _, r := range append(runes, more...) {
		if !slices.Contains(some, r) && (r >= ' ' || r == '\n') && r <= unicode.MaxRune && (r < 0xd800 || r > 0xdfff) {
			some = append(some, r)
		}
	}
	return scans, some, true
}

// scanOf is how a comparison with a text reads, and which runes matter to it, and nil
// for one that is not understood.
func scanOf(operator, lit string) (s scan, runes, beside []rune) {
	runes = []rune(lit)
	switch operator {
	case "==", "!=", "in", "startsWith":
		return scanFrom(lit), runes, nil
	case "<", "<=", ">", ">=":
		for _, r := range runes {
			beside = append(beside, r-1, r+1)
		}
		return scanFrom(lit), runes, beside
	case "endsWith", "contains":
		return func(kept string, r rune) string {
			if kept == lit && operator == "contains" {
				return kept
			}
			kept += string(r)
			for !strings.HasPrefix(lit, kept) {
				kept = kept[len(string([]rune(kept)[0])):]
			}
			return kept
		}, runes, nil
	case "matches":
		return scanPattern(lit)
	}
	return nil, nil, nil
}

// Words for what was read that is no beginning of a constant.
const (
	readLess   = "\x00less"
	readBeyond = "\x00beyond" // it begins with all of it
	readMore   = "\x00more"
)

// scanFrom reads a text that is compared with a constant from its beginning.
func scanFrom(lit string) scan {
	return func(kept string, r rune) string {
		if strings.HasPrefix(kept, "\x00") {
			return kept
		}
		kept += string(r)
		switch {
		case strings.HasPrefix(lit, kept):
			return kept
		case strings.HasPrefix(kept, lit):
			return readBeyond
		case kept < lit:
			return readLess
		}
		return readMore
	}
}

// scanLength counts, up to a number.
func scanLength(most int) scan {
	return func(kept string, _ rune) string {
		n, _ := strconv.Atoi(kept) // "" is 0
		return strconv.Itoa(min(n+1, most))
	}
}

// scanPattern reads a text that a pattern may match, as the engine of package regexp
// does: what it keeps is where in the pattern it may be, and what the rune before was,
// as far as ^, $ and \b ask.
func scanPattern(pattern string) (s scan, runes, beside []rune) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, nil, nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, nil, nil
	}
	for i := range prog.Inst {
		runes, beside = append(runes, runesOf(&prog.Inst[i])...), append(beside, '\n', ' ', '1', 'a')
	}
	for _, r := range runes {
		beside = append(beside, r-1, r+1)
	}
	return func(kept string, r rune) string {
		if kept == readBeyond {
			return kept
		}
		p := places{prog: prog, before: -1}
		var from []rune
		if kept != "" {
			from = []rune(kept)
			p.before, from = from[0], from[1:]
		}
		for _, pc := range append(from, rune(prog.Start)) {
			p.add(uint32(pc), r)
		}
		if p.matched {
			return readBeyond
		}
		return p.after(r)
	}, runes, beside
}

// runesOf are the ends of the ranges of runes that an instruction takes.
func runesOf(in *syntax.Inst) []rune {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1:
	default:
		return nil
	}
	var all []rune
	for _, r := range in.Rune {
		all = append(all, r)
		for other := unicode.SimpleFold(r); other != r && syntax.Flags(in.Arg)&syntax.FoldCase != 0; other = unicode.SimpleFold(other) {
			all = append(all, other)
		}
	}
	return all
}

// places are where in a pattern one may be before a rune is read.
type places struct {
	prog    *syntax.Prog
	before  rune // the rune before, -1 at the beginning
	seen    []uint32
	at      []uint32 // instructions that take a rune
	matched bool
}

// add adds a place and all to which it leads without reading, if r comes next.
func (p *places) add(pc uint32, r rune) {
	if slices.Contains(p.seen, pc) {
		return
	}
	p.seen = append(p.seen, pc)
	switch in := &p.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		p.add(in.Out, r)
		p.add(in.Arg, r)
	case syntax.InstCapture, syntax.InstNop:
		p.add(in.Out, r)
	case syntax.InstEmptyWidth:
		if need := syntax.EmptyOp(in.Arg); need&^syntax.EmptyOpContext(p.before, r) == 0 {
			p.add(in.Out, r)
		}
	case syntax.InstMatch:
		p.matched = true
	case syntax.InstFail:
	default:
		p.at = append(p.at, pc)
	}
}

// after is what is kept when the rune is read.
func (p *places) after(r rune) string {
	next := []rune{'.'}
	switch {
	case r == '\n':
		next[0] = r
	case syntax.IsWordChar(r):
		next[0] = 'a'
	}
	for _, pc := range p.at {
		if in := &p.prog.Inst[pc]; in.MatchRune(r) && !slices.Contains(next[1:], rune(in.Out)) {
			next = append(next, rune(in.Out))
		}
	}
	slices.Sort(next[1:])
	return string(next)
}
