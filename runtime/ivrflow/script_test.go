package main

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

const spokenFlow = `ivr: 1
flow: spoken
locales: [en-GB, de-DE]
prompts:
  - {hello: "=Hello, you.", bye: Goodbye.}
  - ./de-DE.prompts.yaml
start: main
states:
  main:
    - menu: hello
      keys: {1: bye}
      gave_up: bye
  bye: [{play: bye}, end]
`

// Scripts of several flows are one list, in each form.
func TestScript(t *testing.T) {
	other := strings.NewReplacer("flow: spoken", "flow: second", "  - ./de-DE.prompts.yaml\n", "", ", de-DE", "").Replace(spokenFlow)
	proveFiles(t, map[string]string{"spoken.ivr.yaml": spokenFlow, "second.ivr.yaml": other, "de-DE.prompts.yaml": "hello: Guten Tag.\n"})
	text, errs, code := invoke(t, "", "script", "spoken.ivr.yaml", "second.ivr.yaml")
	for _, want := range []string{"# What callers hear: spoken\n", "\n\n# What callers hear: second\n", "| de-DE | 1 | 0 | 1 | 0 | 1 |", "Guten Tag."} {
		if code != exitFine || !strings.Contains(text, want) {
			t.Errorf("exit code %d, no %q in\n%s%s", code, want, text, errs)
		}
	}
	text, _, code = invoke(t, "", "script", "--format", "csv", ".")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if code != exitFine || err != nil || rows[0][0] != "flow" || slices.IndexFunc(rows, func(row []string) bool { return row[0] == "second" && row[2] == "hello" && row[5] == "'=Hello, you." }) < 0 {
		t.Errorf("exit code %d, %v\n%s", code, err, text)
	}
	text, _, code = invoke(t, "", "script", "--format", "json", "--locale", "de-DE", "spoken.ivr.yaml")
	var scripts []struct{ Flow string }
	if err := json.Unmarshal([]byte(text), &scripts); code != exitFine || err != nil || len(scripts) != 1 || strings.Contains(text, "en-GB\"") {
		t.Errorf("exit code %d, %v\n%s", code, err, text)
	}
	if _, errs, code := invoke(t, "", "script", "--guide", "--locale", "de-DE", "spoken.ivr.yaml", "-o", "guide.md"); code != exitFine || !strings.Contains(read(t, "guide.md"), "You hear: “Guten Tag.”") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	if text, _, _ := invoke(t, "", "script", "--guide", "spoken.ivr.yaml", "second.ivr.yaml"); !strings.HasPrefix(text, "# How to use Spoken\n") || !strings.Contains(text, "\n\n# How to use Second\n") {
		t.Errorf("two guides are\n%s", text)
	}
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"script --format xml spoken.ivr.yaml":         {exitUsage, `--format is "markdown", "csv" or "json", not "xml"`},
		"script --guide --format csv spoken.ivr.yaml": {exitUsage, "--guide is Markdown; leave out --format csv"},
		"script --locale fr-FR spoken.ivr.yaml":       {exitUsage, `--locale fr-FR: the languages of spoken are "en-GB" or "de-DE"`},
		"script spoken.ivr.yaml -o spoken.ivr.yaml":   {exitUsage, "--output spoken.ivr.yaml is one of the flows, which would be lost"},
		"script gone.ivr.yaml":                        {exitFailure, "open gone.ivr.yaml: no such file or directory"},
		"script de-DE.prompts.yaml":                   {exitUsage, "de-DE.prompts.yaml"},
		"script spoken.ivr.yaml second.ivr.yaml -o /": {exitFailure, "/"},
		"script": {exitUsage, "script needs a flow file or a folder"},
	} {
		if _, errs, code := invoke(t, "", strings.Fields(args)...); code != want.code || !strings.Contains(errs, want.says) {
			t.Errorf("%s: exit code %d, it said %q", args, code, errs)
		}
	}
}
