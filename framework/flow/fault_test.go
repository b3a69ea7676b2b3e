package flow_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
)

var faultStride = flag.Int("fault-stride", 5, "TestOneFault makes every n-th of its faults")

var identifier = regexp.MustCompile(`[a-z][a-z_0-9]{2,}`)

// fault is a good flow with one line changed.
type fault struct {
	line  int // from 1
	text  string
	names []string // what was misspelt, as findings elsewhere name it
}

// faultsOf makes the faults that people make, one a time: misspelt words,
// lines twice, quotes and brackets left out, wrong indentation.
func faultsOf(src string) []fault {
	var all []fault
	lines := strings.Split(src, "\n")
	change := func(i int, line string, names ...string) {
		changed := append([]string{}, lines...)
		changed[i] = line
		all = append(all, fault{i + 1, strings.Join(changed, "\n"), names})
	}
	for i, line := range lines {
		code, _, _ := strings.Cut(line, " #")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if body := line[indent:]; body == "" || body[0] == '#' {
			continue
		}
		for _, m := range identifier.FindAllStringIndex(code, -1) {
			word := code[m[0]:m[1]]
			for _, wrong := range []string{word + "x", word[:1] + word[2:], "zzz"} {
				change(i, line[:m[0]]+wrong+line[m[1]:], `"`+word+`"`, `"`+wrong+`"`)
			}
		}
		for at, c := range code {
			if strings.ContainsRune(`[]{}"':`, c) {
				change(i, line[:at]+line[at+1:])
			}
		}
		for _, wrong := range []string{" " + line, "\t" + line[indent:], line[:indent] + "*" + line[indent:], line[:indent] + "@" + line[indent:], line[min(1, indent):]} {
			change(i, wrong)
		}
		if strings.Contains(code, ":") && line[indent] != '-' {
			change(i, line+"\n"+line)
			all[len(all)-1].line++
		}
	}
	return all
}

// A fault brings no findings with it about what is right: all stand in its
// line, or name what was misspelt. The YAML library names some lines only
// nearly.
func TestOneFault(t *testing.T) {
	for _, file := range []string{"testdata/ok/verbs.ivr.yaml", "testdata/ok/bank_balance/bank_balance.ivr.yaml", "testdata/ok/recorded/recorded.ivr.yaml"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		if err := fsysOf(fsys, filepath.Dir(file)); err != nil {
			t.Fatal(err)
		}
		name, silent := filepath.Base(file), 0
		faults := faultsOf(string(src))
		for i := 0; i < len(faults); i += *faultStride {
			f := faults[i]
			fsys[name] = &fstest.MapFile{Data: []byte(f.text)}
			_, list, err := flow.Load(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				silent++
			}
			for _, d := range list {
				named := false
				for _, n := range f.names {
					named = named || strings.Contains(d.Message, n)
				}
				if d.Pos.Line != f.line && d.Rule != "syntax" && !named {
					t.Fatalf("the fault in line %d, %q, makes others:\n%s", f.line, strings.Split(f.text, "\n")[f.line-1], list)
				}
			}
		}
		if n := len(faults) / *faultStride; silent > n/2 {
			t.Errorf("%s: %d of %d faults were not found", file, silent, n)
		}
	}
}

// fsysOf adds the files of a folder.
func fsysOf(fsys fstest.MapFS, dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		fsys[filepath.ToSlash(rel)] = &fstest.MapFile{Data: src}
		return err
	})
}
