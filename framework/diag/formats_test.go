package diag_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/diag"
)

func some() diag.List {
	return diag.List{
		{Pos: diag.Pos{File: "flows/a b.ivr.yaml", Line: 14, Col: 9}, Severity: diag.Error, Rule: "unknown-state", Message: "no state \"main<menu\"", EndCol: 18},
		{Pos: diag.Pos{File: "bot.yaml", Line: 2, Col: 1}, Severity: diag.Warning, Rule: "range", Message: "100% of it,\nor: less"},
		{Pos: diag.Pos{File: "x,y:z.yaml"}, Severity: diag.Note, Rule: "range", Message: "is empty"},
	}
}

func TestWriteGitHub(t *testing.T) {
	var b strings.Builder
	if err := diag.WriteGitHub(&b, some()); err != nil {
		t.Fatal(err)
	}
	want := `::error file=flows/a b.ivr.yaml,line=14,col=9,endColumn=18,title=unknown-state::no state "main<menu"
::warning file=bot.yaml,line=2,col=1,title=range::100%25 of it,%0Aor: less
::notice file=x%2Cy%3Az.yaml,title=range::is empty
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if err := diag.WriteGitHub(full{}, some()); err == nil {
		t.Error("a disk that is full is not reported")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// What a reader of the format needs is where the standard says.
func TestWriteSARIF(t *testing.T) {
	var b strings.Builder
	if err := diag.WriteSARIF(&b, some(), "ivrflow", "1.2.3"); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			ColumnKind string
			Tool       struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID string }
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || log.Runs[0].Tool.Driver.Version != "1.2.3" || log.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Fatalf("log %s", b.String())
	}
	run := log.Runs[0]
	if len(run.Results) != 3 || len(run.Tool.Driver.Rules) != 2 {
		t.Fatalf("%d results and %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	for i, d := range some() {
		got := run.Results[i]
		place := got.Locations[0].PhysicalLocation
		if got.RuleID != d.Rule || run.Tool.Driver.Rules[got.RuleIndex].ID != d.Rule || got.Level != d.Severity.String() || got.Message.Text != d.Message {
			t.Errorf("result %d is %+v, want %v", i, got, d)
		}
		switch {
		case d.Pos.Line == 0 && place.Region != nil:
			t.Errorf("result %d has a region, and the finding no place", i)
		case d.Pos.Line != 0 && (place.Region == nil || place.Region.StartLine != d.Pos.Line || place.Region.StartColumn != d.Pos.Col || place.Region.EndColumn != d.EndCol):
			t.Errorf("result %d is at %+v, want %v", i, place.Region, d.Pos)
		}
	}
	if uri := run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "flows/a%20b.ivr.yaml" {
		t.Errorf("a file's address is %q", uri)
	}
	b.Reset()
	if err := diag.WriteSARIF(&b, nil, "ivrflow", ""); err != nil || !strings.Contains(b.String(), `"results": []`) {
		t.Errorf("without findings: %v %s", err, b.String())
	}
}
