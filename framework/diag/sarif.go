package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// SARIF, the Static Analysis Results Interchange Format of OASIS, version 2.1.0:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		Results    []sarifResult `json:"results"`
		ColumnKind string        `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifFix struct {
		Changes []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
)

// WriteSARIF writes the findings as a SARIF 2.1.0 log of one run of a program,
// for code scanning services and editors.
func WriteSARIF(w io.Writer, l List, program, version string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
		Tool: sarifTool{sarifDriver{Name: program, Version: version, Rules: []sarifRule{}}}}
	for _, rule := range l.rules() {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule})
	}
	for _, d := range l {
		index, _ := slices.BinarySearch(l.rules(), d.Rule)
		run.Results = append(run.Results, sarifResult{RuleID: d.Rule, RuleIndex: index, Level: d.Severity.String(),
			Message: sarifText{d.Message}, Locations: []sarifLocation{{d.physical()}}, Fixes: d.sarifFixes()})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run}})
}

// rules are those of the findings, sorted.
func (l List) rules() []string {
	var all []string
	for _, d := range l {
		all = append(all, d.Rule)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (d Diagnostic) sarifFixes() []sarifFix {
	f := d.Fix
	if f.Old == "" {
		return nil
	}
	region := sarifRegion{StartLine: f.Line, StartColumn: f.Col, EndColumn: f.EndCol()}
	return []sarifFix{{[]sarifChange{{d.physical().Artifact, []sarifReplacement{{region, sarifText{f.Text}}}}}}}
}

func (d Diagnostic) physical() sarifPhysical {
	p := sarifPhysical{Artifact: sarifArtifact{uri(filepath.ToSlash(d.Pos.File))}}
	if d.Pos.Line > 0 {
		p.Region = &sarifRegion{StartLine: d.Pos.Line, StartColumn: d.Pos.Col}
		if d.EndCol > d.Pos.Col {
			p.Region.EndColumn = d.EndCol
		}
	}
	return p
}

// uri is a file's name as a relative reference (RFC 3986, section 4.2): what has
// a meaning there, or is not ASCII, is percent-encoded.
func uri(name string) string {
	const plain = "/-._~"
	var b strings.Builder
	for _, c := range []byte(name) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if letter || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
