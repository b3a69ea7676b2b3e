package manual_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/graph"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/testkit/graphsim"
	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// Tables that are made from the code. With -update they are written anew.
func TestTables(t *testing.T) {
	for _, tt := range []struct{ page, name, want string }{
		{"configuration", "config", configTable()},
		{"simulated-service", "oddities", oddityTable()},
		{"simulated-service", "methods", methodTable(t)},
		{"simulated-service", "undescribed", undescribedTable()},
		{"flows", "flows", flowTable(t)},
		{"calls-api", "methods", callsTable(t)},
		{"simulator", "control", controlTable()},
		{"simulator", "ring", typeTable(control.Ring{})},
		{"simulator", "person", typeTable(control.Person{})},
		{"simulator", "step", typeTable(control.Step{})},
		{"simulator", "plan", typeTable(control.Plan{})},
		{"simulator", "fault", typeTable(control.Fault{})},
		{"simulator", "setup", typeTable(control.Setup{})},
		{"simulator", "app", typeTable(control.App{})},
		{"simulator", "settings", settingsTable(t)},
	} {
		begin, end := "<!-- table "+tt.name+" -->\n", "<!-- /table -->\n"
		_, rest, ok := strings.Cut(source(t, tt.page), begin)
		got, _, _ := strings.Cut(rest, end)
		switch {
		case !ok:
			t.Errorf("%s.md has no table %q", tt.page, tt.name)
		case got == tt.want:
		case *update:
			rewrite(t, tt.page, begin+got+end, begin+tt.want+end)
		default:
			t.Errorf("the table %s of %s.md is\n%swant\n%s", tt.name, tt.page, got, tt.want)
		}
	}
}

func configTable() string {
	var b strings.Builder
	b.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	for _, f := range bot.ConfigFields() {
		value := ""
		switch {
		case f.Required:
			value = "required"
		case f.Default != "":
			value = "`" + f.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, f.Type, value, f.Doc)
	}
	return b.String()
}

func oddityTable() string {
	var b strings.Builder
	b.WriteString("| name | what happens |\n|---|---|\n")
	for _, o := range graphsim.Oddities() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.Name, o.Doc)
	}
	return b.String()
}

// methodTable lists the methods of calls, as client and simulator know them.
func methodTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| request | in Go | needs | in the simulator |\n|---|---|---|---|\n")
	served := graphsim.Methods()
	for _, m := range graph.Methods() {
		i := slices.IndexFunc(served, func(d graphsim.MethodDoc) bool { return d.HTTP == m.HTTP && d.Path == m.Path })
		if i < 0 {
			t.Errorf("the simulator does not serve %s", m.Name)
			continue
		}
		beta := ""
		if m.Beta {
			beta = "beta only; "
		}
		fmt.Fprintf(&b, "| %s `%s` | `%s` | %s | %s%s |\n", m.HTTP, strings.TrimPrefix(m.Path, "/communications"), m.Go, served[i].Needs, beta, served[i].Doc)
	}
	return b.String()
}

// undescribedTable lists what only the service's metadata declares.
func undescribedTable() string {
	var b strings.Builder
	b.WriteString("| request | in the simulator, with the setting |\n|---|---|\n")
	for _, m := range graphsim.Undescribed() {
		beta := ""
		if m.Beta {
			beta = "beta only; "
		}
		fmt.Fprintf(&b, "| %s `%s` | %s%s |\n", m.HTTP, strings.TrimPrefix(m.Path, "/communications"), beta, m.Doc)
	}
	return b.String()
}

// flowTable lists what the ready-made flows declare.
func flowTable(t *testing.T) string {
	t.Helper()
	files, err := fs.Glob(flows.FS, "*/*.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| flow | does | parameters | returns | outcomes | actions |\n|---|---|---|---|---|---|\n")
	for _, file := range files {
		name := path.Dir(file)
		if file != name+"/"+name+".ivr.yaml" || file == flows.Demo {
			continue
		}
		f, _, err := flow.Load(flows.FS, file)
		if err != nil || f == nil {
			t.Fatalf("%s: %v", file, err)
		}
		var params []string
		for _, p := range f.Params {
			need := ""
			if f.Vars[p].Default == nil {
				need = " (required)"
			}
			params = append(params, "`"+p+"`"+need)
		}
		fmt.Fprintf(&b, "| `flows/%s` | %s | %s | %s | %s | %s |\n", name, f.Description, strings.Join(params, ", "),
			quoted(f.Returns), quoted(f.Outcomes), quoted(slices.Sorted(maps.Keys(f.Actions))))
	}
	return b.String()
}

func quoted(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// Words that the pages must know, as the source of other packages lists them.
func TestWordsAreTold(t *testing.T) {
	for _, tt := range []struct{ page, file, pattern string }{
		{"testing", "../../testkit/verbs.go", `\{name: "([a-z_]+)", (?:bare|why|read)`},
		{"testing", "../../testkit/readgiven.go", `case "([a-z_]+)":`},
		{"errors", "../ivr/result.go", `Reason\w+ +Reason += "([a-z_]+)"`},
		{"language", "../ivr/result.go", `EndedBy\w+ +EndedBy += "([a-z_]+)"`},
		{"operations", "../../runtime/server/doc.go", `GET +(/[a-z]+)`},
	} {
		src, err := os.ReadFile(tt.file)
		if err != nil {
			t.Fatal(err)
		}
		words := regexp.MustCompile(tt.pattern).FindAllStringSubmatch(string(src), -1)
		if len(words) < 2 {
			t.Errorf("%s: nothing like %s", tt.file, tt.pattern)
		}
		for _, w := range words {
			switch w[1] {
			case "cancelled", "transferred", "timeout": // not for authors, or in a longer form
				continue
			}
			if !regexp.MustCompile("[`/ ]" + w[1] + "[`:,/ ]").MatchString(source(t, tt.page)) {
				t.Errorf("%s.md does not tell of %s", tt.page, w[1])
			}
		}
	}
}

// Times that the pages name are those of the engine.
func TestTimesAreTrue(t *testing.T) {
	src, err := os.ReadFile("../engine/timers.go")
	if err != nil {
		t.Fatal(err)
	}
	code := strings.Join(strings.Fields(string(src)), " ")
	for line, where := range map[string]string{
		"answerBy = 10 * time.Second":        "errors: unanswered call is answered after 10 s",
		"answerDeadline = 30 * time.Second":  "errors: from answer to audio | 30 s",
		"promptSlack = 10 * time.Second":     "errors: its length and 10 s",
		"recordSlack = 15 * time.Second":     "errors: and 15 s",
		"transferFirst = 60 * time.Second":   "language: after 60 s",
		"transferLast = 150 * time.Second":   "errors: 150 s",
		"reconcileFor = 10 * time.Second":    "language: looked at for 10 s",
		"reconcileEvery = 2 * time.Second":   "errors: every 2 s",
		"redirectSlack = 12 * time.Second":   "errors: redirect | 12 s from the beginning of the call",
		"hangUpDeadline = 10 * time.Second":  "errors: hang-up | 10 s, three times",
		"hangUpTries = 3":                    "errors: three times",
		"fetchDeadline = 60 * time.Second":   "errors: fetching a recording | 60 s",
		"cancelGate = time.Second":           "errors: 1 s at most",
		"waitingAfter = time.Second":         "language: takes longer than 1 s",
		"keepAliveEvery = 15 * time.Minute":  "operations: Every 15 minutes",
		"onErrorLimit = 30 * time.Second":    "language: `on_error` has 30 s",
		"onEndLimit = 10 * time.Second":      "language: have no audio and 10 s",
		"toneGap = 250 * time.Millisecond":   "language: 250 ms at most",
		"terminatorDrop = 3 * time.Second":   "language: comes within 3 s",
		"stopKeyEcho = time.Second":          "language: within 1 s after it",
		"minRecording = time.Second":         "language: less than a second",
		"requestSlack = 20 * time.Second //": "",
	} {
		if !strings.Contains(code, line) {
			t.Errorf("the engine does not say %q any more; mend the pages (%s)", line, where)
		}
		page, text, ok := strings.Cut(where, ": ")
		if ok && !strings.Contains(strings.Join(strings.Fields(source(t, page)), " "), text) {
			t.Errorf("%s.md does not say %q", page, text)
		}
	}
}
