package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/campaign"
)

// campaignResult is what came of one row of a list. Its members are the columns that
// the manual lists: they are added, never renamed.
type campaignResult struct {
	Line       int               `json:"line"`
	Number     string            `json:"number,omitempty"`
	User       string            `json:"user,omitempty"`
	Outcome    string            `json:"outcome"`
	Attempts   int               `json:"attempts"`
	Started    string            `json:"started"` // of the last attempt
	Answered   string            `json:"answered"`
	Ended      string            `json:"ended"`
	Seconds    float64           `json:"seconds"` // from the answer to the end
	EndedBy    string            `json:"ended_by"`
	Reason     string            `json:"reason"`
	Transfer   string            `json:"transfer"`
	Milestones []string          `json:"milestones"`
	Tags       []string          `json:"tags"`
	Returns    map[string]any    `json:"returns,omitempty"`
	Kept       map[string]string `json:"kept,omitempty"`
}

func resultOf(r campaign.Row, e campaign.End, keep []string) campaignResult {
	out := campaignResult{Line: r.Line, Outcome: string(e.Outcome), Attempts: e.Attempt, Started: calldoc.Instant(e.Started), Answered: calldoc.Instant(e.Answered),
		Ended: calldoc.Instant(e.Ended), EndedBy: e.EndedBy, Reason: string(e.Reason), Transfer: e.Transfer, Milestones: []string{}, Tags: []string{}, Returns: e.Returned}
	out.Milestones, out.Tags = append(out.Milestones, e.Milestones...), append(out.Tags, e.Tags...)
	if r.Target.Kind == ivr.PartyUser {
		out.User = e.Target
	} else {
		out.Number = e.Target
	}
	if !e.Answered.IsZero() {
		out.Seconds = max(e.Ended.Sub(e.Answered).Round(time.Millisecond).Seconds(), 0)
	}
	for i, cell := range r.Keep {
		if out.Kept == nil {
			out.Kept = map[string]string{}
		}
		out.Kept[keep[i]] = cell
	}
	return out
}

// resultColumns are the columns of the CSV form; those of the flow's results follow,
// and those of --keep.
func resultColumns() []string {
	return []string{"line", "number", "user", "outcome", "attempts", "started", "answered", "ended", "seconds", "ended_by", "reason", "transfer", "milestones", "tags"}
}

// returnedColumns are the results of a flow, but for sensitive ones.
func returnedColumns(f *flow.Flow) (names []string) {
	for _, name := range f.Returns {
		if f.Secret(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// textOf is a value in a cell: texts as they are, everything else as JSON.
func textOf(v any) string {
	if text, ok := v.(string); ok || v == nil {
		return text
	}
	text, _ := json.Marshal(v) // it was read from JSON
	return string(text)
}

func (r campaignResult) row(returns, keep []string) []string {
	row := []string{strconv.Itoa(r.Line), r.Number, r.User, r.Outcome, strconv.Itoa(r.Attempts), r.Started, r.Answered, r.Ended,
		strconv.FormatFloat(r.Seconds, 'f', 3, 64), r.EndedBy, r.Reason, r.Transfer, strings.Join(r.Milestones, "; "), strings.Join(r.Tags, "; ")}
	for _, name := range returns {
		row = append(row, textOf(r.Returns[name]))
	}
	for _, name := range keep {
		row = append(row, r.Kept[name])
	}
	return row
}

// resultFile holds one row for each target that is done with. It is made anew from
// the campaign's file at each start, so that a crash leaves no row out.
type resultFile struct {
	name          string
	returns, keep []string
	f             *os.File
	csv           *csv.Writer // nil: JSON lines
	// there says that it is in its place.
	there bool
}

// newResults begins a file beside the one that is there; ready puts it in its place.
func newResults(name string, of *flow.Flow, keep []string) (*resultFile, error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".ivrflow-*") // with mode 0600
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	r := &resultFile{name: name, returns: returnedColumns(of), keep: keep, f: f}
	if !slices.Contains([]string{".jsonl", ".ndjson", ".json"}, filepath.Ext(name)) {
		r.csv = csv.NewWriter(f)
		columns := resultColumns()
		for _, name := range r.returns {
			columns = append(columns, "returns."+name)
		}
		err = r.csv.Write(slices.Concat(columns, keep))
	}
	return r, err
}

func (r *resultFile) add(row campaign.Row, e campaign.End) error {
	out := resultOf(row, e, r.keep)
	if r.csv == nil {
		return json.NewEncoder(r.f).Encode(out)
	}
	err := r.csv.Write(cells(out.row(r.returns, r.keep)))
	r.csv.Flush()
	if err == nil {
		err = r.csv.Error()
	}
	return err
}

// ready puts the file in its place.
func (r *resultFile) ready() error {
	if r.csv != nil {
		r.csv.Flush()
	}
	err := os.Rename(r.f.Name(), r.name)
	r.there = err == nil
	return err
}

// close closes the file. One that is not in its place is not left behind.
func (r *resultFile) close() error {
	err := r.f.Close()
	if !r.there {
		err = errors.Join(err, os.Remove(r.f.Name()))
	}
	return err
}

// progress tells how a campaign goes on: as a bar on a terminal, else line by line.
type progress struct {
	out     io.Writer
	bar     bool
	json    bool
	total   int
	count   map[campaign.Outcome]int
	results *resultFile // nil: none
	past    bool        // what earlier runs did is being told
	err     error       // of the results
}

// ended is told of every attempt.
func (p *progress) ended(r campaign.Row, e campaign.End) {
	if e.Final() {
		p.count[e.Outcome]++
		if p.results != nil && p.err == nil {
			p.err = p.results.add(r, e)
		}
	}
	if p.past || p.bar {
		return
	}
	if p.json {
		_ = json.NewEncoder(p.out).Encode(struct { // the command's writer remembers a failure
			campaignResult
			Again string `json:"again,omitempty"`
		}{resultOf(r, e, nil), calldoc.Instant(e.Again)})
		return
	}
	text := fmt.Sprintf("%s  line %d: %s", e.At.Local().Format(time.DateTime), r.Line, e.Outcome)
	if e.Reason != "" {
		text += " (" + string(e.Reason) + ")"
	}
	if !e.Final() {
		text += ", again " + calldoc.Stamp(e.Again)
	}
	fmt.Fprintln(p.out, text)
}

// show draws the bar.
func (p *progress) show(c campaign.Counts, state string) {
	if !p.bar {
		return
	}
	const width = 30
	full := width
	if p.total > 0 {
		full = min(width, width*c.Done/p.total)
	}
	fmt.Fprintf(p.out, "\r[%s%s] %d of %d, %d live%s%s\x1b[K", strings.Repeat("#", full), strings.Repeat(".", width-full), min(c.Done, p.total), p.total, c.Live, p.counts(), state)
}

// counts are the outcomes, the most telling first.
func (p *progress) counts() string {
	var b strings.Builder
	for _, o := range campaign.Outcomes() {
		if n := p.count[o]; n > 0 {
			fmt.Fprintf(&b, ", %d %s", n, o)
		}
	}
	return b.String()
}

// finish tells how it ended.
func (p *progress) finish(c campaign.Counts) {
	if p.bar {
		fmt.Fprintln(p.out)
	}
	if p.json {
		_ = json.NewEncoder(p.out).Encode(map[string]any{"done": c.Done, "live": c.Live, "left": c.Left, "outcomes": p.count})
		return
	}
	fmt.Fprintf(p.out, "%d done, %d left%s\n", c.Done, c.Left+c.Live, p.counts())
}

// terminal says that somebody watches.
func terminal(out io.Writer) bool {
	if c, ok := out.(*checkedWriter); ok {
		out = c.w
	}
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
