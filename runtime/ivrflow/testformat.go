package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/testkit"
	"github.com/ivrflow/ivrflow/testkit/cover"
)

// writeReport writes the report for programs.
func (t *testRun) writeReport() error {
	t.list.Sort()
	t.list.Settle(t.source)
	write := t.writeJSON
	if t.options.format == "junit" {
		write = t.writeJUnit
	}
	if t.options.output == "" {
		return write(t.cmd.OutOrStdout())
	}
	return writeFile(t.options.output, write)
}

// writeFile makes a file, or writes it anew.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	err = write(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func (t *testRun) writeJSON(w io.Writer) error {
	doc := struct {
		Findings []finding        `json:"findings"`
		Files    []testkit.Report `json:"files"`
		Coverage *coverage        `json:"coverage,omitempty"`
	}{findings(t.list), append([]testkit.Report{}, t.reports...), t.coverage()}
	return encode(w, doc)
}

// coverage is what the tests reach, in JSON.
type coverage struct {
	Total map[cover.Kind]cover.Share `json:"total"`
	cover.Report
}

func (t *testRun) coverage() *coverage {
	if t.tally == nil {
		return nil
	}
	c := &coverage{map[cover.Kind]cover.Share{}, t.tally.Report()}
	for _, k := range cover.Kinds() {
		c.Total[k] = c.Share(k)
	}
	return c
}

// The elements of JUnit's XML, as the programs that read it take them: a suite is a
// test file, a case is a test. What is wrong with a file is an error of a case
// that has the file's name.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		File     string      `xml:"file,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string       `xml:"name,attr"`
		Class   string       `xml:"classname,attr"`
		File    string       `xml:"file,attr"`
		Line    int          `xml:"line,attr,omitempty"`
		Time    string       `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func (t *testRun) writeJUnit(w io.Writer) error {
	all := junitSuites{Name: "ivrflow"}
	took := time.Duration(0)
	add := func(s junitSuite, d time.Duration) {
		s.Time = seconds(d)
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
		took += d
	}
	for _, rep := range t.reports {
		s, d := junitSuiteOf(rep)
		add(s, d)
	}
	for _, s := range t.junitErrors() {
		add(s, 0)
	}
	all.Time = seconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitSuiteOf(rep testkit.Report) (s junitSuite, took time.Duration) {
	s = junitSuite{Name: rep.File, File: rep.File, Tests: len(rep.Tests), Failures: rep.Failed()}
	for _, r := range rep.Tests {
		c := junitCase{Name: r.Name, Class: rep.Flow, File: rep.File, Line: r.Pos.Line, Time: seconds(r.Took)}
		took += r.Took
		if !r.Passed {
			c.Failure = &junitReason{Message: r.Failures[0].String(), Type: "expectation", Text: "\n" + r.String()}
		}
		s.Cases = append(s.Cases, c)
	}
	return s, took
}

// junitErrors are the files that could not be read, or whose tests could not run.
func (t *testRun) junitErrors() []junitSuite {
	var all []junitSuite
	broken := func(file, message, kind string) {
		c := junitCase{Name: file, Class: "ivrflow", File: file, Time: seconds(0), Error: &junitReason{Message: message, Type: kind, Text: message}}
		all = append(all, junitSuite{Name: file, File: file, Tests: 1, Errors: 1, Cases: []junitCase{c}})
	}
	byFile := map[string]diag.List{}
	var order []string
	for _, d := range t.list {
		if d.Severity != diag.Error {
			continue
		}
		if !slices.Contains(order, d.Pos.File) {
			order = append(order, d.Pos.File)
		}
		byFile[d.Pos.File] = append(byFile[d.Pos.File], d)
	}
	for _, file := range order {
		broken(file, strings.TrimSpace(byFile[file].String()), "finding")
	}
	for _, err := range t.failed {
		broken("ivrflow", err.Error(), "failure")
	}
	return all
}
