package flow_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/tree"
)

var mutantStride = flag.Int("mutant-stride", 7, "TestMutants makes every n-th of its mutants")

// mutant is a flow with one scalar or key in another form.
type mutant struct {
	line   int
	src    string
	was    string   // the text that was changed
	names  []string // what other findings may name: the old text and the new one
	goesOn bool     // it is an empty list, perhaps a handler
}

// mutantsOf changes every key and every scalar of a file: to what is misspelt,
// of another type, empty, or far too large.
func mutantsOf(t *testing.T, name string, src []byte) []mutant {
	root, list := tree.Parse(name, src)
	if root == nil || list.HasErrors() {
		t.Fatalf("%s: %s", name, list)
	}
	lines := strings.Split(string(src), "\n")
	var all []mutant
	put := func(pos diag.Pos, old, text string, names ...string) {
		line := []rune(lines[pos.Line-1])
		at := pos.Col - 1
		changed := append([]string{}, lines...)
		changed[pos.Line-1] = string(line[:at]) + text + string(line[at+len([]rune(old)):])
		all = append(all, mutant{pos.Line, strings.Join(changed, "\n"), old, names, text == "[]"})
	}
	var walk func(n *tree.Node)
	walk = func(n *tree.Node) {
		for _, item := range n.Items {
			walk(item)
		}
		for _, e := range n.Entries {
			if !e.KeyQuoted {
				put(e.KeyPos, e.Key, e.Key+"x", e.Key)
				put(e.KeyPos, e.Key, "zzz", e.Key, "zzz")
			}
			walk(e.Value)
		}
		if n.Kind != tree.Scalar || n.Block || n.Value == "" {
			return
		}
		old := raw(lines[n.Pos.Line-1], n)
		if old == "" {
			return // over several lines
		}
		word := strings.Trim(n.Value, "${} ")
		for _, text := range []string{`""`, "zzz", "-7", "99999999", "1.5", "true", "~", "[]", "[zzz, zzz]", "{zzz: 1}", `"${zzz}"`, "3h", `"` + strings.Repeat("long ", 300) + `"`} {
			put(n.Pos, old, text, append(identifier.FindAllString(old, -1), word, "zzz")...)
		}
	}
	walk(root)
	return all
}

// raw is a scalar as it stands in its line; "" if it does not stand in one.
func raw(line string, n *tree.Node) string {
	rest := string([]rune(line)[n.Pos.Col-1:])
	if !n.Quoted {
		if strings.HasPrefix(rest, n.Value) {
			return n.Value
		}
		return ""
	}
	quote := rest[:1]
	end := strings.Index(rest[1:], quote)
	if end < 0 || rest[1:1+end] != n.Value {
		return "" // with escapes
	}
	return rest[:end+2]
}

// Unknown keys and wrong values anywhere are found, and at the right place: a
// mutant of a good flow is either good, or reported at its line or in a line
// that refers to what it names. The schema agrees.
func TestMutants(t *testing.T) {
	for _, root := range []string{"../../examples", "../../flows"} {
		err := fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".ivr.yaml") {
				return err
			}
			t.Run(path.Base(name), func(t *testing.T) {
				t.Parallel()
				testMutants(t, root+"/"+path.Dir(name), path.Base(name))
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func testMutants(t *testing.T, dir, name string) {
	fsys := fstest.MapFS{}
	if err := fsysOf(fsys, dir); err != nil {
		t.Fatal(err)
	}
	good, list, err := flow.Load(fsys, name)
	if good == nil || err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	before := map[string]bool{}
	for _, d := range list {
		before[d.String()] = true
	}
	all := mutantsOf(t, name, fsys[name].Data)
	found, schema := 0, compiledSchema(t)
	for i := 0; i < len(all); i += *mutantStride {
		m := all[i]
		fsys[name] = &fstest.MapFile{Data: []byte(m.src)}
		f, list, err := flow.Load(fsys, name)
		if err != nil || (f == nil) != list.HasErrors() {
			t.Fatalf("line %d, %q: %v, flow %v\n%s", m.line, m.was, err, f != nil, list)
		}
		if f == nil {
			found++
		}
		agrees(t, schema, name, m.src, f, list)
		for _, d := range list {
			if d.Severity == diag.Error && !m.explains(d) && !before[d.String()] {
				t.Errorf("line %d, %q became:\n%s\nand this is said elsewhere: %s", m.line, m.was, strings.Split(m.src, "\n")[m.line-1], d)
			}
		}
	}
	t.Logf("%d of %d mutants were found", found, (len(all)+*mutantStride-1) / *mutantStride)
	if n := (len(all) + *mutantStride - 1) / *mutantStride; found < n/2 {
		t.Errorf("%d of %d mutants were found", found, n)
	}
}

// explains reports whether a finding is about the mutant: it stands in its line,
// or names what was changed.
func (m mutant) explains(d diag.Diagnostic) bool {
	if d.Pos.Line == m.line || d.Rule == "syntax" {
		return true
	}
	if line := strings.TrimSpace(strings.Split(m.src, "\n")[m.line-1]); d.Rule == "unknown-prompt" && (strings.HasPrefix(line, "prompts:") || strings.HasPrefix(line, "locales:")) {
		return true // a prompt refers to the catalogues of the flow's languages
	}
	if m.goesOn && (d.Rule == "unset-variable" || strings.HasPrefix(d.Rule, "unreachable-")) {
		return true // an empty handler is good, and leads where it did not lead
	}
	for _, name := range m.names {
		if name != "" && strings.Contains(d.Message, name) {
			return true
		}
	}
	return false
}
