package manual_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/manual"
)

var update = flag.Bool("update", false, "write findings, tables and conversations into the pages")

// readme is the page in front of the manual, which the tests prove too.
const readme = "../../README"

// block is a fenced block of a page: ```KIND, text, ```; or ```KIND FILE.
type block struct {
	page    string
	section string // the heading it stands under
	kind    string // "yaml flow", "sh"
	file    string // the name it has, if any
	text    string
	line    int // of the first fence
}

// blocks are the fenced blocks of a page.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	var all []block
	section, open := "", false
	for i, line := range strings.SplitAfter(source(t, page), "\n") {
		info, fence := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "```")
		switch {
		case fence && open:
			open = false
		case fence:
			open = true
			kind, file := info, ""
			if words := strings.Fields(info); len(words) == 3 {
				kind, file = words[0]+" "+words[1], words[2]
			}
			all = append(all, block{page: page, section: section, kind: kind, file: file, line: i + 1})
		case open:
			all[len(all)-1].text += line
		case strings.HasPrefix(line, "#"):
			section = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	if open {
		t.Fatalf("%s.md: a block has no end", page)
	}
	return all
}

func source(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rewrite replaces the text of a block, or of a region between comments.
func rewrite(t *testing.T, page, before, after string) {
	t.Helper()
	text := source(t, page)
	if strings.Count(text, before) != 1 {
		t.Fatalf("%s.md: not exactly once:\n%s", page, before)
	}
	if err := os.WriteFile(page+".md", []byte(strings.Replace(text, before, after, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func names() []string {
	var all []string
	for _, topic := range manual.Topics() {
		all = append(all, topic.Name)
	}
	return all
}

// Every file is a topic, every topic has a title and a text, and no mark of
// the tests is shown.
func TestTopics(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".md"); ok && !slices.Contains(names(), name) {
			t.Errorf("%s is no topic; add it to the order", f.Name())
		}
	}
	for _, topic := range manual.Topics() {
		page, ok := manual.Page(topic.Name)
		if !ok || !strings.HasPrefix(page, "# "+topic.Title+"\n") || len(page) < 500 {
			t.Errorf("topic %q has the title %q and %d bytes", topic.Name, topic.Title, len(page))
		}
		if strings.Contains(page, "<!--") || strings.Contains(page, "```yaml ") {
			t.Errorf("topic %q shows a mark that is only for tests", topic.Name)
		}
	}
	if _, ok := manual.Page("nothing"); ok {
		t.Error("a page that does not exist")
	}
	if _, ok := manual.Page("../manual"); ok {
		t.Error("a page outside the manual")
	}
}

// Blocks say what they are, so that none is left untested by mistake.
func TestBlocksAreKnown(t *testing.T) {
	known := []string{
		"yaml flow", "yaml steps", "yaml part", "yaml prompts", "yaml days", // loaded, see flows_test.go
		"yaml test",                  // played, see play_test.go
		"yaml written",               // written by test --missing, see testing_test.go
		"yaml bot",                   // read, see config_test.go
		"go",                         // compiled, see code_test.go
		"sh",                         // its ivrflow commands exist, see code_test.go
		"text",                       // findings of the block before, or a conversation
		"sql sqlite", "sql postgres", // run, see runtime/ivrflow
		"text report",  // what replay prints, see runtime/ivrflow
		"csv list",     // for a command
		"json", "http", // what goes over the wire, for reading
	}
	for _, page := range append(names(), readme) {
		for _, b := range blocks(t, page) {
			if !slices.Contains(known, b.kind) {
				t.Errorf("%s.md:%d: a block with the mark %q; there are %q", page, b.line, b.kind, known)
			}
		}
	}
}

// Links between pages lead somewhere.
func TestCrossReferences(t *testing.T) {
	for _, page := range names() {
		for _, part := range strings.Split(source(t, page), "`ivrflow help ")[1:] {
			name, _, _ := strings.Cut(part, "`")
			if name != "TOPIC" && !slices.Contains(names(), name) && !slices.Contains(manual.Rules(), name) {
				t.Errorf("%s.md sends its reader to %q", page, name)
			}
		}
	}
}
