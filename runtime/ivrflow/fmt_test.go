package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const untidy = "flow: x\nivr: 1\nstates:\n    a: [end]\nstart: a\n"

const tidy = "ivr: 1\nflow: x\nstart: a\nstates:\n  a: [end]\n"

// A file is replaced with its mode kept, and what has the form already is not
// touched. A file with an error does not keep others from being formatted.
func TestFmtInPlace(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.ivr.yaml", untidy, 0o640)
	write(t, "b.ivr.yaml", tidy, 0o444)
	write(t, "c.ivr.yaml", "ivr: [\n", 0o600)
	write(t, "sub/d.ivr-test.yaml", "tests:\n- x\nflow: y\n", 0o600)
	write(t, "sub/.hidden/e.ivr.yaml", untidy, 0o600)
	write(t, "sub/en-US.prompts.yaml", "\nz: x  \n\n\na: y", 0o600)
	write(t, "other.yaml", untidy, 0o600)
	before, err := os.Stat("b.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := invoke(t, "", "fmt")
	if code != exitFindings || stdout != "a.ivr.yaml\nsub/d.ivr-test.yaml\nsub/en-US.prompts.yaml\n" || !strings.HasPrefix(stderr, "c.ivr.yaml:1:") {
		t.Errorf("exit code %d, it said\n%sand\n%s", code, stdout, stderr)
	}
	for name, want := range map[string]string{
		"a.ivr.yaml": tidy, "b.ivr.yaml": tidy, "c.ivr.yaml": "ivr: [\n", "sub/d.ivr-test.yaml": "flow: y\ntests:\n  - x\n",
		"sub/.hidden/e.ivr.yaml": untidy, "sub/en-US.prompts.yaml": "z: x\n\na: y\n", "other.yaml": untidy,
	} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds\n%s(%v), want\n%s", name, got, err, want)
		}
	}
	if info, err := os.Stat("a.ivr.yaml"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v (%v)", info.Mode(), err)
	}
	if after, err := os.Stat("b.ivr.yaml"); err != nil || !os.SameFile(before, after) {
		t.Errorf("a file that has the form was written (%v)", err)
	}
	if rest, err := filepath.Glob(".*"); err != nil || len(rest) > 0 {
		t.Errorf("%q is left over (%v)", rest, err)
	}
	if stdout, _, _ := invoke(t, "", "fmt"); stdout != "" {
		t.Errorf("the second time it changed\n%s", stdout)
	}
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// A link stays a link, and what it leads to is formatted.
func TestFmtLink(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "there/a.ivr.yaml", untidy, 0o600)
	if err := os.Symlink("there/a.ivr.yaml", "link.ivr.yaml"); err != nil {
		t.Skip("no links here:", err)
	}
	if _, stderr, code := invoke(t, "", "fmt", "link.ivr.yaml"); code != exitFine {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if got, err := os.ReadFile("there/a.ivr.yaml"); err != nil || string(got) != tidy {
		t.Errorf("the file holds\n%s(%v)", got, err)
	}
	if info, err := os.Lstat("link.ivr.yaml"); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v (%v)", info.Mode(), err)
	}
}

// What a comparison keeps and takes out is the first file, what it keeps and
// puts in the second; a diff's hunks say how many lines they have.
func TestDiff(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		before, after := randomLines(r), randomLines(r)
		var left, right strings.Builder
		for _, e := range compare(strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")) {
			if e.sign != '+' {
				left.WriteString(e.text)
			}
			if e.sign != '-' {
				right.WriteString(e.text)
			}
		}
		if left.String() != before || right.String() != after {
			t.Fatalf("compared\n%q with\n%q, got\n%q and\n%q", before, after, &left, &right)
		}
		if got := patched(t, before, diff("f", "formatted", before, after)); got != after {
			t.Fatalf("patched %q with\n%s\ngot %q, want %q", before, diff("f", "formatted", before, after), got, after)
		}
	}
}

// randomLines are up to 40 lines, of few kinds.
func randomLines(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(40) {
		fmt.Fprintf(&b, "line %d\n", r.IntN(6))
	}
	return b.String()
}

// patched applies a diff, as the program patch does.
func patched(t *testing.T, text, diff string) string {
	t.Helper()
	lines := withoutEmpty(strings.SplitAfter(text, "\n"))
	var b strings.Builder
	at := 0
	for line := range strings.Lines(diff) {
		var from, n, to, m int
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "@@"):
			if _, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &from, &n, &to, &m); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				from--
			}
			for ; at < from; at++ {
				b.WriteString(lines[at])
			}
		case line[0] == '+':
			b.WriteString(line[1:])
		default:
			if at >= len(lines) || lines[at] != line[1:] {
				t.Fatalf("line %d is not %q", at+1, line[1:])
			}
			if at++; line[0] == ' ' {
				b.WriteString(line[1:])
			}
		}
	}
	b.WriteString(strings.Join(lines[at:], ""))
	return b.String()
}
