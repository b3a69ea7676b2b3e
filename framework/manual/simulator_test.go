package manual_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/testkit/graphsim/control"
)

// The page of the simulator runs: its bot, its commands of curl, and their last
// answers, of which the page shows a part.
func TestSimulatorPage(t *testing.T) {
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("IVRFLOW_SECRET", "simulated-client-secret")
	bot := freeAddress(t)
	sim := start(t, t.TempDir(), "graphsim", "--listen", "127.0.0.1:0", "--format", "json", "--bot", "http://"+bot+"/api/calls")
	var info struct{ Listening string }
	if err := json.Unmarshal([]byte(sim.line(t, "")), &info); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("127.0.0.1:8080", info.Listening, "127.0.0.1:3978", bot)
	dir := folder(t, "simulator")
	config := filepath.Join(dir, "bot.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(here.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir, "run", "--config", "bot.yaml").line(t, "taking calls")
	compared := 0
	all := blocks(t, "simulator")
	for i, b := range all {
		if b.kind != "sh" || !strings.Contains(b.text, "curl") {
			continue
		}
		cmd := exec.Command("sh", "-ec", here.Replace(b.text))
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("line %d: %v\n%s", b.line, err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		var got, want any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
			t.Fatalf("line %d: %v\n%s", b.line, err, out)
		}
		if i+1 == len(all) || all[i+1].kind != "json" || all[i+1].section != b.section {
			t.Fatalf("line %d: no answer follows", b.line)
		}
		if err := json.Unmarshal([]byte(all[i+1].text), &want); err != nil {
			t.Fatalf("line %d: %v", all[i+1].line, err)
		}
		if !holds(got, want) {
			t.Errorf("line %d answers\n%s\nwhich does not hold\n%s", b.line, out, all[i+1].text)
		}
		compared++
	}
	if compared < 20 {
		t.Errorf("%d answers were compared", compared)
	}
}

// Each request of the control interface has an example that runs.
func TestSimulatorExamples(t *testing.T) {
	shown := map[string]bool{}
	for _, b := range blocks(t, "simulator") {
		if b.kind != "sh" {
			continue
		}
		for _, command := range strings.Split(b.text, "curl ")[1:] {
			address := regexp.MustCompile(`127\.0\.0\.1:8080(/[^ '?\n]*)`).FindStringSubmatch(command)
			if address == nil {
				t.Errorf("line %d: curl %s asks nobody", b.line, command)
				continue
			}
			method := "GET"
			if regexp.MustCompile(` (-d|--data-binary) `).MatchString(command) {
				method = "POST"
			}
			if m := regexp.MustCompile(` -X ([A-Z]+)`).FindStringSubmatch(command); m != nil {
				method = m[1]
			}
			for _, r := range control.Routes() {
				pattern := "^" + control.Root + regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(r.Path, "[^/]+") + "$"
				if r.Method == method && regexp.MustCompile(pattern).MatchString(address[1]) {
					shown[r.ID] = true
				}
			}
		}
	}
	for _, r := range control.Routes() {
		if !shown[r.ID] {
			t.Errorf("no example asks %s %s%s", r.Method, control.Root, r.Path)
		}
	}
}

// holds says that got has everything that want has.
func holds(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		has, ok := got.(map[string]any)
		for name, v := range want {
			ok = ok && holds(has[name], v)
		}
		return ok
	case []any:
		has, ok := got.([]any)
		ok = ok && len(has) >= len(want)
		for i, v := range want {
			ok = ok && holds(has[i], v)
		}
		return ok
	}
	return reflect.DeepEqual(got, want)
}

// started is a program that runs until the test is over.
type started struct{ lines chan string }

func start(t *testing.T, dir string, args ...string) started {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ivrflow", args...)
	cmd.Dir, cmd.WaitDelay = dir, 5*time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := started{make(chan string, 10000)}
	go func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			select {
			case s.lines <- lines.Text():
			default: // nobody reads so many
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Wait() // the context ended it
		_ = w.Close()
	})
	return s
}

// line waits for a line with a text in it.
func (s started) line(t *testing.T, text string) string {
	t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	var all []string
	for {
		select {
		case line := <-s.lines:
			if all = append(all, line); strings.Contains(line, text) {
				return line
			}
		case <-late.C:
			t.Fatalf("no line with %q in\n%s", text, strings.Join(all, "\n"))
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// controlTable lists the routes of the simulator.
func controlTable() string {
	var b strings.Builder
	b.WriteString("| request | what it does | body | parameters |\n|---|---|---|---|\n")
	for _, r := range control.Routes() {
		body := ""
		if r.In != nil {
			body = reflect.TypeOf(r.In).Name()
			if r.AlsoWAV {
				body += ", or WAV"
			}
		}
		var params []string
		for _, p := range r.Query {
			params = append(params, "`"+p.Name+"`: "+p.Doc)
		}
		fmt.Fprintf(&b, "| `%s %s%s` | %s | %s | %s |\n", r.Method, control.Root, r.Path, r.Doc, body, strings.Join(params, "; "))
	}
	return b.String()
}

// typeTable lists the properties of a type of the simulator's interface, in
// the order of the Go type.
func typeTable(v any) string {
	var b strings.Builder
	b.WriteString("| property | meaning |\n|---|---|\n")
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		doc := f.Tag.Get("doc")
		if words := f.Tag.Get("enum"); words != "" {
			doc = "`" + strings.ReplaceAll(words, ",", "`, `") + "`: " + doc
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, doc)
	}
	return b.String()
}

// settingsTable lists the simulator's settings, with what the source says of
// each and what can be given.
func settingsTable(t *testing.T) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../testkit/graphsim/settings.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var fields []*ast.Field
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Settings" {
			fields = spec.Type.(*ast.StructType).Fields.List
		}
		return true
	})
	names := control.SettingNames()
	if len(fields) != len(names) {
		t.Fatalf("%d settings in the source, %d in control", len(fields), len(names))
	}
	var ours []string // names in the words of the interface, the longer first
	for _, i := range byLength(names) {
		if strings.Contains(names[i], "_") {
			ours = append(ours, fields[i].Names[0].Name, "`"+names[i]+"`")
		}
	}
	schemas := control.OpenAPI()["components"].(map[string]any)["schemas"].(map[string]any)
	schema := schemas["Settings"].(map[string]any)["properties"].(map[string]any)
	var b strings.Builder
	b.WriteString("| setting | value | what it decides |\n|---|---|---|\n")
	for i, field := range fields {
		of, doc := schema[names[i]].(map[string]any), strings.TrimSpace(field.Comment.Text())
		if words, choice := of["enum"].([]string); choice { // the source names the constant
			doc = doc[:max(strings.LastIndex(doc, ";"), 0)] + "; `" + words[0] + "`"
		}
		about, usual := doc, "" // the usual value has no setting's name, though error.code may sound like one
		if at := strings.LastIndex(doc, ";"); at >= 0 {
			about, usual = doc[:at], doc[at:]
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s%s |\n", names[i], settingValue(of), strings.NewReplacer(ours...).Replace(about), usual)
	}
	return b.String()
}

// byLength are the places of texts, the longest first.
func byLength(texts []string) []int {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(texts[b]) - len(texts[a]) })
	return order
}

// settingValue is what a setting takes.
func settingValue(schema map[string]any) string {
	switch {
	case schema["enum"] != nil:
		return "`" + strings.Join(schema["enum"].([]string), "`, `") + "`"
	case schema["$ref"] == "#/components/schemas/Result":
		return "`{\"code\", \"subcode\", \"message\"}`"
	case schema["$ref"] != nil:
		return "`{\"status\", \"code\"}`"
	case schema["pattern"] != nil:
		return "duration"
	case schema["type"] == "boolean":
		return "true"
	case schema["type"] == "string":
		return "text"
	}
	return "number"
}
