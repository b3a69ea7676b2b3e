package format_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/diag"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/format"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// file is a good file of this tree.
type file struct {
	name string // from the module's root
	src  []byte
	kind format.Kind
	tree string // as outline has it
}

// corpus is every example, ready-made flow and good fixture, with their tests
// and catalogues.
func corpus(t testing.TB) []file {
	t.Helper()
	ends := map[string]format.Kind{".ivr.yaml": format.Flow, ".ivr-test.yaml": format.Tests, ".prompts.yaml": format.Prompts}
	var all []file
	for _, dir := range []string{"examples", "flows", "framework/flow/testdata/ok"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(name string, _ fs.DirEntry, err error) error {
			for end, kind := range ends {
				if err == nil && strings.HasSuffix(name, end) {
					src, err := os.ReadFile(name)
					if err != nil {
						return err
					}
					all = append(all, file{filepath.ToSlash(strings.TrimPrefix(name, "../../")), src, kind, outline(string(src))})
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 12 {
		t.Fatalf("only %d files", len(all))
	}
	return all
}

// Every file of this tree stays what it is, and flows stay the same machine.
func TestCorpus(t *testing.T) {
	for _, f := range corpus(t) {
		out := formatted(t, string(f.src), f.kind)
		equal(t, f, string(f.src), out)
	}
}

// Flows with faults that are not YAML's are formatted, too.
func TestFaulty(t *testing.T) {
	files, err := filepath.Glob("../flow/testdata/err/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, list := tree.Parse(name, src); len(list) == 0 {
			formatted(t, string(src), format.Flow)
			n++
		}
	}
	if n < 40 {
		t.Errorf("only %d files", n)
	}
}

// rounds is how many layouts of the corpus TestLayouts makes.
const rounds = 1200

// However a file is laid out, with comments wherever they may stand, its form
// means the same and has all comments.
func TestLayouts(t *testing.T) {
	all := corpus(t)
	kept := 0
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 7))
		f := all[r.IntN(len(all))]
		src, comments := disarranged(r, f)
		kept += len(comments)
		out := formatted(t, src, f.kind)
		equal(t, f, src, out)
		for _, c := range comments {
			if strings.Count(out, c) != 1 {
				t.Fatalf("seed %d: the comment %q is gone:\n%s\nof\n%s", seed, c, out, src)
			}
		}
	}
	if kept < 2*rounds {
		t.Errorf("only %d comments", kept)
	}
}

// disarranged lays a file out anew: changes that would change its meaning are
// taken back. It answers the comments it added.
func disarranged(r *rand.Rand, f file) (src string, comments []string) {
	src = string(f.src)
	for range 3 + r.IntN(12) {
		lines := strings.Split(strings.TrimSuffix(src, "\n"), "\n")
		i := r.IntN(len(lines))
		comment := ""
		switch r.IntN(9) {
		case 0, 1:
			comment = fmt.Sprintf("# note %d.", len(comments))
			lines = slices.Insert(lines, i, strings.Repeat(" ", r.IntN(10))+comment)
		case 2:
			comment = fmt.Sprintf("# note %d.", len(comments))
			lines[i] += strings.Repeat(" ", 1+r.IntN(4)) + comment
		case 3:
			lines = slices.Insert(lines, i, slices.Repeat([]string{strings.Repeat(" ", r.IntN(4))}, 1+r.IntN(3))...)
		case 4:
			lines[i] += strings.Repeat(" ", 1+r.IntN(3))
		case 5:
			lines = widened(lines, 1+r.IntN(4))
		case 6:
			lines[i] = strings.Replace(lines[i], "- ", "-"+strings.Repeat(" ", 1+r.IntN(4)), 1)
		case 7:
			lines = swapped(r, lines)
		case 8:
			lines[i] = strings.Replace(lines[i], "- ", "-\n"+strings.Repeat(" ", indent(lines[i])+2), 1)
		}
		next := strings.Join(lines, "\n") + "\n"
		if outline(next) != f.tree {
			continue
		}
		src = next
		if comment != "" {
			comments = append(comments, comment)
		}
	}
	return src, comments
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// widened indents all lines more.
func widened(lines []string, times int) []string {
	var out []string
	for _, line := range lines {
		n := indent(line)
		out = append(out, strings.Repeat(" ", n*times)+line[n:])
	}
	return out
}

// swapped lets two neighbours of one indentation change places, each with what
// is further right below it.
func swapped(r *rand.Rand, lines []string) []string {
	i := r.IntN(len(lines))
	end := func(from int) int {
		for to := from + 1; to < len(lines); to++ {
			if strings.TrimSpace(lines[to]) != "" && indent(lines[to]) <= indent(lines[i]) {
				return to
			}
		}
		return len(lines)
	}
	j := end(i)
	if j == len(lines) || indent(lines[j]) != indent(lines[i]) {
		return lines
	}
	k := end(j)
	return slices.Concat(lines[:i], lines[j:k], lines[i:j], lines[k:])
}

// outline is what a source holds, without the order of maps; "" if something is
// wrong with it.
func outline(src string) string {
	root, list := tree.Parse("", []byte(src))
	if len(list) > 0 {
		return ""
	}
	return outlineOf(root)
}

func outlineOf(n *tree.Node) string {
	var parts []string
	for _, item := range n.Items {
		parts = append(parts, outlineOf(item))
	}
	for _, e := range n.Entries {
		parts = append(parts, strconv.Quote(e.Key)+": "+outlineOf(e.Value))
	}
	if n.Kind == tree.Map {
		slices.Sort(parts)
	}
	return fmt.Sprintf("%v %s %q %v (%s)", n.Kind, n.Tag, n.Value, n.Quoted, strings.Join(parts, ", "))
}

// equal fails if two sources of a file do not mean the same.
func equal(t testing.TB, f file, before, after string) {
	t.Helper()
	if outline(after) != f.tree {
		t.Fatalf("%s: the tree of\n%s\nis not that of\n%s", f.name, after, before)
	}
	if f.kind != format.Flow {
		return
	}
	if a, b := machine(t, f.name, before), machine(t, f.name, after); a != b {
		t.Fatalf("%s: the flow of\n%s\nis not that of\n%s\nbut\n%s\nin place of\n%s", f.name, after, before, b, a)
	}
}

// beside is a folder with one file replaced.
type beside struct {
	fs.FS
	one fstest.MapFS
}

func (b beside) Open(name string) (fs.File, error) {
	if _, ok := b.one[name]; ok {
		return b.one.Open(name)
	}
	return b.FS.Open(name)
}

// machine is a compiled flow as text, without positions. Steps have their
// numbers, so that the order of states and steps is in it.
func machine(t testing.TB, name, src string) string {
	t.Helper()
	base := path.Base(name)
	fsys := beside{os.DirFS(filepath.Join("../..", path.Dir(name))), fstest.MapFS{base: {Data: []byte(src)}}}
	f, list, err := flow.Load(fsys, base)
	if err != nil || f == nil {
		t.Fatalf("%v, findings\n%sof\n%s", err, list, src)
	}
	var b strings.Builder
	for _, move := range f.Machine.Moves() {
		fmt.Fprintln(&b, move)
	}
	// The tree says all of schedules and prompts, whose holidays and sounds are
	// many.
	f.Version, f.Machine, f.Schedules, f.Catalogue = "", nil, nil, nil
	show(&b, reflect.ValueOf(f), 0)
	return b.String()
}

// show writes a value with all that it holds.
func show(b *strings.Builder, v reflect.Value, depth int) {
	if depth > 40 {
		b.WriteString("...")
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		show(b, v.Elem(), depth+1)
	case reflect.Struct:
		showStruct(b, v, depth)
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			show(b, v.Index(i), depth+1)
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Map:
		var parts []string
		for _, key := range v.MapKeys() {
			var part strings.Builder
			show(&part, key, depth+1)
			part.WriteByte(':')
			show(&part, v.MapIndex(key), depth+1)
			parts = append(parts, part.String())
		}
		slices.Sort(parts)
		fmt.Fprintf(b, "%q", parts)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
	default:
		fmt.Fprintf(b, "%v", v)
	}
}

func showStruct(b *strings.Builder, v reflect.Value, depth int) {
	of := v.Type()
	if of == reflect.TypeFor[diag.Pos]() || strings.Contains(of.PkgPath(), "expr-lang") {
		return
	}
	b.WriteString(of.Name() + "{")
	for i := range v.NumField() {
		switch of.Field(i).Name {
		case "family", // the flows that call each other, this one among them
			"bundle": // the files that it was loaded from, as they are
			continue
		}
		b.WriteString(of.Field(i).Name + "=")
		show(b, v.Field(i), depth+1)
		b.WriteByte(' ')
	}
	b.WriteByte('}')
}
