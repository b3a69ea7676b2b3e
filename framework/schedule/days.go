package schedule

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ivrflow/ivrflow/framework/tree"
)

// maxDays is the number of dates and ranges that a schedule may list.
const maxDays = 1000

// closedDays reads the dates at which the schedule is closed, whatever else it
// says.
func (p *parser) closedDays(n *tree.Node) {
	for _, item := range n.ListItems() {
		if d, ok := p.ownDay(item, namesOf(DayKeys())...); ok {
			p.s.closed = append(p.s.closed, d)
		}
	}
	sortDays(p.s.closed)
}

// sortDays puts what is for one year before what is for every year, since the
// first day that fits counts.
func sortDays(days []ownDay) {
	slices.SortStableFunc(days, func(a, b ownDay) int {
		switch {
		case a.dates.yearly() == b.dates.yearly():
			return 0
		case b.dates.yearly():
			return -1
		}
		return 1
	})
}

// ownDay reads a date, or a map with some of the keys date, name and open.
func (p *parser) ownDay(n *tree.Node, keys ...string) (ownDay, bool) {
	if p.days++; p.days > maxDays {
		if p.days == maxDays+1 {
			p.list.Errorf(n.Pos, ruleTooLarge, "the schedule lists more than %d days; write ranges such as 2026-12-24..2027-01-01", maxDays)
		}
		return ownDay{}, false
	}
	if n.Kind != tree.Map {
		var d ownDay
		ok := p.dates(n, &d)
		return d, ok
	}
	return p.dayMap(n, keys)
}

func (p *parser) dayMap(n *tree.Node, keys []string) (ownDay, bool) {
	var d ownDay
	dated, ok := false, true
	for _, e := range n.MeantFields(&p.list, "a day", keys...) {
		good := true
		switch e.Key {
		case "date":
			dated = true
			good = p.dates(e.Value, &d)
		case "name":
			d.name, good = e.Value.Str(&p.list)
		case "open":
			d.special = true
			d.spans, good = p.dayHours(e.Value)
		}
		ok = ok && good
	}
	if !dated && !n.Hurt() && !n.Repeated("date") {
		p.list.Errorf(n.Pos, ruleMissingKey, "this day has no date; %s", strings.Replace(wantDate, "write ", "write date: ", 1))
		return d, false
	}
	return d, ok && dated
}

func (p *parser) dates(n *tree.Node, d *ownDay) bool {
	if n.Kind != tree.Scalar || n.Null() {
		n.Wrong(&p.list, "a date such as 2026-12-24")
		return false
	}
	wrong := ""
	if d.dates, wrong = parseDates(n.Value); wrong != "" {
		report(&p.list, n, &problem{to: len([]rune(n.Value)), message: wrong})
		return false
	}
	return true
}

// holidays reads where the holidays come from: regions, and files of days.
func (p *parser) holidays(n *tree.Node) {
	var regions []region
	for _, item := range n.ListItems() {
		switch {
		case item.Kind == tree.Map:
			item.Wrong(&p.list, "a region such as DE-BY or a file such as ./days.yaml (days of your own stand in a file, or under closed:)")
		case item.Kind == tree.List:
			item.Wrong(&p.list, "a region such as DE-BY, or a file such as ./days.yaml,")
		default:
			text, ok := item.Str(&p.list)
			switch {
			case !ok:
			case strings.ContainsAny(text, "./"):
				p.daysFile(item, text)
			default:
				if r, known := p.region(item, text); known {
					regions = append(regions, r)
				}
			}
		}
	}
	sortDays(p.s.own)
	p.s.public = holidaysOf(regions)
}

// daysFile reads a list of days.
func (p *parser) daysFile(n *tree.Node, name string) {
	full := path.Join(path.Dir(n.Pos.File), name)
	switch ext := path.Ext(full); {
	case path.IsAbs(name), strings.Contains(name, "\\"), !fs.ValidPath(full):
		p.list.Errorf(n.Pos, ruleFile, "%q is not a path inside the project; write it relative to this file, with /", name)
		return
	case ext != ".yaml" && ext != ".yml":
		p.list.Errorf(n.Pos, ruleFile, "%q is no file of days; its name should end in .yaml", name)
		return
	}
	src, err := readFile(p.fsys, full)
	if err != nil {
		p.list.Errorf(n.Pos, ruleFile, "the file of days %q cannot be read: %s", name, cause(err))
		return
	}
	p.s.files = append(p.s.files, File{Name: full, Source: src})
	root, list := tree.Parse(full, src)
	p.list = append(p.list, list...)
	if root != nil {
		p.daysList(root)
	}
}

func (p *parser) daysList(root *tree.Node) {
	const example = "- {date: 2026-12-24, name: Christmas Eve}"
	switch {
	case root.Kind == tree.Map && len(root.Entries) == 0:
		p.list.Errorf(root.Pos, ruleMissingKey, "the file has no days; it is a list such as %s", example)
	case root.Kind != tree.List:
		root.Wrong(&p.list, "a list of days, such as "+example)
	}
	for _, item := range root.Items {
		if d, ok := p.ownDay(item, "date", "name", "open"); ok {
			p.s.own = append(p.s.own, d)
		}
	}
}

// readFile reads at most one byte more than the tree accepts.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, tree.MaxSize+1))
}

// cause is the reason of a file error, without the path that is known anyway.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
