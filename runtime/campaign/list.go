package campaign

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/schedule"
)

// Row is somebody to be called.
type Row struct {
	Line     int        // of the list, from 1
	Target   ivr.Target // a telephone or a user
	Zone     string     // time zone in which Config.Hours count, "Europe/London"
	Language string     // "" if the list does not say
	Params   map[string]any
	Keep     []string // the cells of ListOptions.Keep, in that order
}

// Problem is a fault in a list: the row cannot be called.
type Problem struct {
	File string
	Line int // from 1
	Text string
}

// String is "people.csv:12: ...".
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// ListOptions say what a list must be like.
type ListOptions struct {
	Flow *flow.Flow // whose parameters the columns are
	Zone string     // of rows that name none; empty: each must
	Keep []string   // columns that are no parameters, and are carried to the results
	// MayCall says why a number may not be called; see bot.Config.MayCall.
	MayCall func(number string) error
}

// The columns that are not just parameters. A flow that has parameters of these
// names gets them, too.
const (
	columnNumber   = "number"
	columnUser     = "user"
	columnZone     = "timezone"
	columnLanguage = "language"
)

// maxProblems is how many problems of a list are reported.
const maxProblems = 1000

// MaxList is the size of the largest list, in bytes.
const MaxList = 256 << 20

// ReadList reads a list: CSV with a line of headings, or JSON lines. It goes on
// after a problem; the rows are those without.
func ReadList(file string, src []byte, o ListOptions) ([]Row, []Problem) {
	l := &lister{ListOptions: o, file: file, first: map[string]int{}, zones: slices.Sorted(slices.Values(schedule.Zones()))}
	if len(src) > MaxList {
		l.problem(1, "the list has %d MiB, and may have %d; split it", len(src)>>20, MaxList>>20)
		return nil, l.problems
	}
	text := strings.TrimPrefix(string(src), "\ufeff")
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		l.jsonLines(text)
	} else {
		l.csv(text)
	}
	if len(l.rows) == 0 && len(l.problems) == 0 {
		l.problem(1, "the list has no rows")
	}
	return l.rows, l.problems
}

// lister reads one list.
type lister struct {
	ListOptions

	file     string
	rows     []Row
	problems []Problem
	first    map[string]int // by target: its line
	zones    []string       // all, sorted
}

func (l *lister) problem(line int, format string, args ...any) {
	if len(l.problems) < maxProblems {
		l.problems = append(l.problems, Problem{l.file, line, fmt.Sprintf(format, args...)})
	}
}

// known checks the name of a column.
func (l *lister) known(name string) error {
	if l.special(name) || slices.Contains(l.Flow.Params, name) || slices.Contains(l.Keep, name) {
		return nil
	}
	columns := slices.Concat([]string{columnNumber, columnUser, columnZone, columnLanguage}, l.Flow.Params)
	mend := cmp.Or(diag.DidYouMean(name, columns), fmt.Sprintf("; to have it in the results, give --keep %s", name))
	return fmt.Errorf("the flow %q has no parameter %q%s", l.Flow.Name, name, mend)
}

func (l *lister) special(name string) bool {
	return slices.Contains([]string{columnNumber, columnUser, columnZone, columnLanguage}, name)
}

// add takes a row, whose cells are texts, or values of JSON.
func (l *lister) add(line int, cells map[string]any) {
	row := Row{Line: line, Params: map[string]any{}, Zone: l.Zone}
	errs := []error{l.target(&row, cells), l.place(&row, cells)}
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		if !slices.Contains(l.Flow.Params, name) || l.special(name) {
			continue
		}
		v, err := l.value(name, cells[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		row.Params[name] = v
	}
	l.give(&row)
	for _, name := range l.Keep {
		row.Keep = append(row.Keep, text(cells[name]))
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 {
		if _, err := l.Flow.Arguments(row.Params); err != nil {
			errs = append(errs, fmt.Errorf("the flow %q: %w", l.Flow.Name, err))
		}
	}
	if was, twice := l.first[row.Target.ID]; twice && row.Target.ID != "" {
		errs = append(errs, fmt.Errorf("%s stands in line %d, too, and nobody is called twice; leave one out", row.Target.ID, was))
	}
	for _, err := range errs {
		l.problem(line, "%v", err)
	}
	if len(errs) == 0 {
		l.first[row.Target.ID] = line
		l.rows = append(l.rows, row)
	}
}

// give hands the flow what it has parameters for.
func (l *lister) give(row *Row) {
	name := columnNumber
	if row.Target.Kind == ivr.PartyUser {
		name = columnUser
	}
	for name, v := range map[string]string{name: row.Target.ID, columnZone: row.Zone, columnLanguage: row.Language} {
		if v != "" && slices.Contains(l.Flow.Params, name) {
			row.Params[name] = v
		}
	}
}

var userForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// target reads whom a row is about.
func (l *lister) target(row *Row, cells map[string]any) error {
	number, user := text(cells[columnNumber]), text(cells[columnUser])
	name := columnNumber
	switch {
	case number == "" && user == "":
		return fmt.Errorf("it names nobody: number and user are both empty")
	case number != "" && user != "":
		return fmt.Errorf("it has a number and a user; leave one empty")
	case user != "":
		if name = columnUser; !userForm.MatchString(user) {
			return fmt.Errorf("user: %q is no object id of Microsoft Entra", clip(user))
		}
		row.Target = ivr.Target{Kind: ivr.PartyUser, ID: strings.ToLower(user)}
	default:
		e164, err := ParseNumber(number)
		if err == nil && l.MayCall != nil {
			err = l.MayCall(e164)
		}
		if err != nil {
			return fmt.Errorf("number %s: %w", clip(number), err)
		}
		row.Target = ivr.Target{Kind: ivr.PartyPhone, ID: e164}
	}
	if !slices.Contains(l.Flow.Params, name) {
		return fmt.Errorf("the flow %q has no parameter %s, so it would not know whom to call; declare it", l.Flow.Name, name)
	}
	return nil
}

// place reads the zone and the language.
func (l *lister) place(row *Row, cells map[string]any) error {
	row.Language = text(cells[columnLanguage])
	if row.Language != "" && !slices.Contains(l.Flow.Locales, row.Language) {
		return fmt.Errorf("language: the flow %q does not speak %q%s", l.Flow.Name, clip(row.Language),
			cmp.Or(diag.DidYouMean(row.Language, l.Flow.Locales), "; it speaks "+diag.OneOf(l.Flow.Locales)))
	}
	row.Zone = cmp.Or(text(cells[columnZone]), l.Zone)
	if row.Zone == "" {
		return fmt.Errorf("it has no time zone; give the list a column timezone, or give --timezone for all, such as Europe/London")
	}
	if _, ok := slices.BinarySearch(l.zones, row.Zone); !ok {
		return fmt.Errorf("timezone: no zone %q%s", clip(row.Zone), cmp.Or(diag.DidYouMean(row.Zone, l.zones), "; write one such as Europe/London"))
	}
	return nil
}

// value is a cell in the form that the flow's parameter wants.
func (l *lister) value(name string, cell any) (any, error) {
	s, ok := cell.(string)
	if !ok {
		return cell, nil
	}
	decl := l.Flow.Vars[name]
	switch {
	case decl.Type == flow.TypeNumber:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: want a number such as 12.5, not %q", name, clip(s))
		}
		return n, nil
	case decl.Type == flow.TypeBool:
		b, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return nil, fmt.Errorf("%s: want true or false, not %q", name, clip(s))
		}
		return b, nil
	}
	return s, nil
}

// text is a cell as text; "" for one that is not there.
func text(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	}
	return fmt.Sprint(cell)
}

func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
