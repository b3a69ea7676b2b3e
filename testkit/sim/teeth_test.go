package sim_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	teeth    = flag.Bool("teeth", false, "TestTeeth plants bugs and looks whether TestSim finds them")
	oneTooth = flag.String("tooth", "", "TestTeeth plants this one only")
	toothMax = flag.Int("toothseeds", 1000, "TestTeeth gives up after so many seeds")
)

// plant is a bug: texts of files that are replaced.
type plant struct {
	name, why string
	edits     []edit
}

type edit struct{ file, old, new string }

// TestPlants looks whether the bugs can be planted still: an old text that is
// not there exactly once is one.
func TestPlants(t *testing.T) {
	for _, p := range plants(t) {
		overlay(t, p)
	}
}

// TestTeeth plants each bug, alone, and runs seeds until an invariant says so.
// It builds this test anew for each.
func TestTeeth(t *testing.T) {
	if !*teeth && *oneTooth == "" {
		t.Logf("on demand: go test ./testkit/sim -run TestTeeth -teeth -timeout 1h -v")
		return
	}
	found := 0
	all := plants(t)
	for _, p := range all {
		if *oneTooth != "" && p.name != *oneTooth {
			continue
		}
		if t.Run(p.name, func(t *testing.T) { t.Log(p.why, "\n\t", bite(t, p)) }) {
			found++
		}
	}
	t.Logf("%d of %d planted bugs found", found, len(all))
}

// bite builds the test with the bug, and says by which seed it is found.
func bite(t *testing.T, p plant) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sim.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlay(t, p), "-o", binary, "./testkit/sim")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s does not compile: %v\n%s", p.name, err, out)
	}
	run := exec.CommandContext(t.Context(), binary, "-test.run=^TestSim$", "-test.timeout=1h", "-twice=0", "-first", fmt.Sprintf("-seeds=%d", *toothMax))
	out, err := run.CombinedOutput()
	seed := regexp.MustCompile(`SEED=\d+: .*`).FindString(string(out))
	if err == nil || seed == "" {
		t.Fatalf("%s: not found within %d seeds\n%.2000s", p.name, *toothMax, out)
	}
	return seed
}

// overlay writes the edited files and says where they stand.
func overlay(t *testing.T, p plant) string {
	t.Helper()
	dir := t.TempDir()
	replace, texts := map[string]string{}, map[string]string{}
	for _, e := range p.edits {
		full, err := filepath.Abs(filepath.Join("../..", e.file))
		if err != nil {
			t.Fatal(err)
		}
		text, ok := texts[full]
		if !ok {
			b, err := os.ReadFile(full)
			if err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.old); n != 1 {
			t.Errorf("%s: the old text is %d times in %s, want once: bring testdata/teeth/%s.txt up to date\n%s", p.name, n, e.file, p.name, e.old)
			return ""
		}
		texts[full] = strings.Replace(text, e.old, e.new, 1)
		replace[full] = filepath.Join(dir, strings.ReplaceAll(e.file, "/", "_"))
	}
	for full, to := range replace {
		write(t, to, []byte(texts[full]))
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	write(t, name, b)
	return name
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// plants reads testdata/teeth: a line that says what is wrong, and for each edit
// the file, the old text and the new one. Edits are parted by a line "--".
func plants(t *testing.T) []plant {
	t.Helper()
	names, err := filepath.Glob("testdata/teeth/*.txt")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d plants, %v: want 20 and more", len(names), err)
	}
	var all []plant
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		why, rest, _ := strings.Cut(string(b), "\n")
		p := plant{name: strings.TrimSuffix(filepath.Base(name), ".txt"), why: why}
		for part := range strings.SplitSeq(rest, "--\n") {
			file, texts, _ := strings.Cut(part, "\nold:\n")
			old, new, ok := strings.Cut(texts, "\nnew:\n")
			if !ok {
				t.Fatalf("%s: an edit has file:, old: and new:", name)
			}
			p.edits = append(p.edits, edit{strings.TrimPrefix(file, "file: "), old, strings.TrimSuffix(new, "\n")})
		}
		all = append(all, p)
	}
	return all
}
