// Package manual holds the manual: one Markdown page a topic, embedded in the
// program. Its tests run the examples of the pages and compare their tables
// with the code.
//
//	page, ok := manual.Page("language")
//
// The package has no state; it is safe for concurrent use.
package manual

import (
	"embed"
	"strings"
)

//go:embed *.md
var pages embed.FS

// Topic is a page of the manual.
type Topic struct {
	Name  string // as in "ivrflow help NAME"
	Title string // what the page is about, one line
}

// order lists the pages as they are best read.
func order() []string {
	return []string{"start", "language", "values", "schedules", "http", "meetings", "flows", "editor", "diagnostics", "format", "draw", "script", "testing", "proving", "replay", "diff", "phone", "campaigns",
		"configuration", "store", "operations", "overload", "api", "errors", "security", "calls-api", "simulator", "simulated-service"}
}

// Topics lists the pages in reading order.
func Topics() []Topic {
	var all []Topic
	for _, name := range order() {
		if text, ok := read(name); ok {
			first, _, _ := strings.Cut(text, "\n")
			all = append(all, Topic{Name: name, Title: strings.TrimPrefix(first, "# ")})
		}
	}
	return all
}

// Page is a page's text in Markdown, without the marks that only the tests
// need. It reports false if there is no such topic.
func Page(name string) (string, bool) {
	text, ok := read(name)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if mark, ok := strings.CutPrefix(line, "```"); ok {
			language, _, _ := strings.Cut(strings.TrimSpace(mark), " ")
			line = "```" + language + "\n"
		}
		if !strings.HasPrefix(line, "<!--") {
			b.WriteString(line)
		}
	}
	return b.String(), true
}

// Section is what a page says under a heading, with the heading. It reports
// false if the page has no such heading.
func Section(page, heading string) (string, bool) {
	text, _ := Page(page)
	var b strings.Builder
	level, fenced := 0, false
	for line := range strings.Lines(text) {
		marks, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		fenced = fenced != strings.HasPrefix(line, "```")
		if !fenced && marks != "" && strings.Trim(marks, "#") == "" {
			switch {
			case level == 0 && name == heading:
				level = len(marks)
			case level > 0 && len(marks) <= level:
				return b.String(), true
			}
		}
		if level > 0 {
			b.WriteString(line)
		}
	}
	return b.String(), level > 0
}

// Rules are the rules of findings, each of which has a section of the page
// diagnostics.
func Rules() []string {
	text, _ := read("diagnostics")
	var all []string
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

func read(name string) (string, bool) {
	text, err := pages.ReadFile(name + ".md")
	return string(text), err == nil
}
