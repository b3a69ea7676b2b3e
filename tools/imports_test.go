// Package tools_test holds the rules of this tree that go test itself checks.
package tools_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ivrflow/ivrflow"

// The libraries, each of which has a home.
const (
	yaml       = "gopkg.in/yaml.v3"
	expr       = "github.com/expr-lang/expr"
	fsm        = "github.com/looplab/fsm"
	mux        = "github.com/gorilla/mux"
	jwt        = "github.com/golang-jwt/jwt/v5"
	oauth2     = "golang.org/x/oauth2"
	cobra      = "github.com/spf13/cobra"
	pflag      = "github.com/spf13/pflag"
	term       = "golang.org/x/term"
	cal        = "github.com/rickar/cal/v2"
	ssrf       = "code.dny.dev/ssrf"
	gobreaker  = "github.com/sony/gobreaker/v2"
	jsonschema = "github.com/santhosh-tekuri/jsonschema/v6"
	text       = "golang.org/x/text"
	flac       = "github.com/mewkiz/flac"
	mp3        = "github.com/hajimehoshi/go-mp3"
	g711       = "github.com/zaf/g711"
	sqlite     = "modernc.org/sqlite"
	pgx        = "github.com/jackc/pgx/v5"
	wazero     = "github.com/tetratelabs/wazero"
	fsnotify   = "github.com/fsnotify/fsnotify"
)

// rule says what a package may import. "dir/*" is every package below dir.
type rule struct {
	of    string   // package, or "dir/*"
	ours  []string // packages of this module
	libs  []string // modules of others
	tests []string // of both, in its test files only; what the package may import its tests may too
	never []string // of the standard library, with all below it
}

// rules is the table of who may import whom: imports point down. The first
// rule that fits a package counts.
func rules() []rule {
	io := []string{"net", "os", "log"}
	return []rule{
		{of: "framework/ivr", never: io},
		{of: "framework/diag", never: io},
		{of: "framework/machine", libs: []string{fsm}, never: io},
		{of: "framework/tree", ours: []string{"framework/diag"}, libs: []string{yaml}, never: io, tests: []string{"framework/flow"}},
		{of: "framework/expression", ours: []string{"framework/diag"}, libs: []string{expr}, never: io},
		{of: "framework/prompt", ours: []string{"framework/diag", "framework/ivr", "framework/prompt/*"}, never: io},
		{of: "framework/prompt/audio", libs: []string{flac, mp3, g711}, never: io},
		{of: "framework/prompt/transcode", never: []string{"net", "log"}}, // runs a program
		{of: "framework/prompt/cldr", libs: []string{text}, never: io},
		{of: "framework/prompt/cldr/generate"},
		{of: "framework/prompt/spellout", ours: []string{"framework/prompt/cldr"}, never: io},
		{of: "framework/schedule", ours: []string{"framework/tree", "framework/diag"}, libs: []string{cal}, never: io},
		{of: "framework/flow", never: io,
			ours: []string{"framework/machine", "framework/prompt", "framework/expression", "framework/schedule", "framework/tree", "framework/diag", "framework/ivr", "flows"}, tests: []string{jsonschema}}, // flows: the ready-made ones, which a call names
		{of: "framework/format", ours: []string{"framework/flow", "framework/tree", "framework/diag"}, never: io},
		{of: "framework/engine", never: append([]string{"sync", "context"}, io...),
			ours:  []string{"framework/flow", "framework/machine", "framework/prompt", "framework/expression", "framework/ivr"},
			tests: []string{"testkit/script", "framework/tree", fsm}},
		{of: "framework/graph", ours: []string{"framework/ivr"}, libs: []string{oauth2}, tests: []string{jsonschema}},
		{of: "framework/tell", ours: []string{"framework/ivr", "framework/prompt"}, never: io},
		{of: "framework/manual", tests: []string{"flows", "framework/*", "runtime/*", "testkit/*"}},

		{of: "runtime/call", ours: []string{"framework/engine", "framework/flow", "framework/ivr"}, never: []string{"net/http"},
			tests: []string{"runtime/store"}},
		{of: "runtime/store", ours: []string{"framework/ivr", "framework/engine", "framework/flow", "runtime/call", "runtime/store/seal", "runtime/store/wire"},
			tests: []string{"runtime/store/storetest", "testkit/script", "flows"}},
		{of: "runtime/store/seal", ours: []string{"framework/ivr"}, never: io},
		{of: "runtime/store/wire", ours: []string{"framework/ivr", "framework/engine", "framework/prompt"}, never: io, tests: []string{"testkit/script", "framework/*"}},
		{of: "runtime/store/sqlite", ours: []string{"framework/ivr", "runtime/store"}, libs: []string{sqlite}, never: []string{"net/http", "log"},
			tests: []string{"runtime/store/storetest", "testkit/powerloss"}},
		{of: "runtime/keep", ours: []string{"runtime/bot", "runtime/store", "runtime/store/*", "framework/ivr"}, never: []string{"net/http"},
			tests: []string{"testkit/pgtest", "framework/flow", "framework/engine", "runtime/call"}},
		{of: "runtime/store/storetest", ours: []string{"framework/ivr", "runtime/store"}, never: []string{"net", "os", "log"}},
		{of: "runtime/store/postgres", ours: []string{"runtime/store", "framework/ivr"}, libs: []string{pgx},
			tests: []string{"runtime/store/storetest", "testkit/pgtest"}},
		// Nothing of flows, calls or Graph: it knows hosts, pieces of URLs, and answers.
		{of: "runtime/fetch", ours: []string{"framework/ivr"}, libs: []string{ssrf, gobreaker}, never: []string{"os"}},
		{of: "runtime/server", ours: []string{"runtime/call", "framework/graph", "framework/ivr"}, libs: []string{mux, jwt},
			tests: []string{"runtime/bot", "runtime/store", "framework/flow", "framework/prompt"}}, // a whole bot, whose store counts
		{of: "runtime/calldoc", ours: []string{"runtime/store", "runtime/store/wire", "framework/tell", "framework/ivr"}, never: []string{"net", "os", "log"}},
		{of: "runtime/admin", ours: []string{"runtime/call", "runtime/store", "runtime/calldoc", "framework/diag", "framework/ivr"}, libs: []string{mux}, never: []string{"os"}, tests: []string{jsonschema, "framework/manual"}},
		{of: "runtime/bot", ours: []string{"runtime/admin", "runtime/server", "runtime/call", "runtime/store", "runtime/fetch", "framework/*"},
			tests: []string{"testkit", "testkit/graphsim", "testkit/pgtest", "testkit/powerloss", "flows", "runtime/store/*", jwt}},
		{of: "runtime/campaign", ours: []string{"framework/*", "runtime/bot", "runtime/call", "runtime/store"}, never: []string{"net", "log"},
			tests: []string{"runtime/keep", "runtime/server", "testkit", "testkit/graphsim"}},
		{of: "runtime/ivrflow", ours: []string{"runtime/*", "framework/*", "testkit", "testkit/*", "flows"}, libs: []string{cobra, pflag, fsnotify}}, // fsnotify: test --watch
		{of: "runtime/ivrflow/dev", ours: []string{"runtime/*", "framework/*", "testkit", "testkit/*", "flows"}, libs: []string{term}},

		{of: "testkit", ours: []string{"runtime/*", "framework/*", "testkit/*", "flows"}},
		{of: "testkit/cover", ours: []string{"framework/*", "runtime/call"}, never: []string{"net", "os", "log"}, tests: []string{"testkit", "testkit/prove", "testkit/missing"}},
		{of: "testkit/missing", ours: []string{"testkit", "testkit/cover", "testkit/prove", "runtime/call", "framework/flow", "framework/machine", "framework/ivr"}, never: []string{"net", "os", "log"}},
		// It sees the program from outside, as the world does.
		{of: "testkit/fleet", ours: []string{"testkit/graphsim", "framework/ivr"}, tests: []string{"testkit/pgtest", "runtime/store", "runtime/store/*"}},
		{of: "testkit/linear", ours: []string{"framework/ivr", "runtime/store"}, libs: []string{"github.com/anishathalye/porcupine"},
			tests: []string{"runtime/store/*", "testkit/pgtest"}},
		// The driver's inside: it puts a disk of its own under SQLite.
		{of: "testkit/powerloss", libs: []string{sqlite, "modernc.org/libc"}, tests: []string{"framework/*", "runtime/call", "runtime/store", "runtime/store/*"}},
		// Everything: it runs whole bots.
		{of: "testkit/sim", ours: []string{"runtime/*", "framework/*", "testkit", "testkit/graphsim", "flows"}},
		{of: "testkit/studio", ours: []string{"testkit/outline", "framework/flow", "framework/prompt", "framework/ivr"}, never: io},
		// Pictures of flows. Bots do not draw: what they embed does not import it.
		{of: "testkit/outline", ours: []string{"framework/flow", "framework/diag"}, never: io},
		{of: "testkit/picture", ours: []string{"testkit/outline", "framework/flow", "framework/machine", "framework/ivr", "framework/diag"}, never: io},
		{of: "testkit/picture/svg", ours: []string{"testkit/picture"}, libs: []string{wazero}, never: io, tests: []string{"framework/flow"}},
		{of: "testkit/pgtest", libs: []string{pgx}}, // nothing of ours: it runs a server
		{of: "testkit/sim", ours: []string{"testkit", "testkit/graphsim", "runtime/bot", "runtime/call", "runtime/store", "runtime/server", "runtime/fetch", "framework/*"}},
		{of: "testkit/script", ours: []string{"framework/engine", "framework/flow", "framework/ivr", "framework/prompt"}},
		// As pure as the engine.
		{of: "testkit/replay", never: append([]string{"context"}, io...),
			ours:  []string{"framework/engine", "framework/flow", "framework/ivr", "framework/prompt", "framework/diag", "framework/machine", "runtime/store/wire", "framework/tell"},
			tests: []string{"testkit", "runtime/call", "runtime/bot", "flows"}},
		// The engine itself, and nothing that runs calls: what it finds out holds for any shell.
		{of: "testkit/prove", ours: []string{"framework/engine", "framework/flow", "framework/machine", "framework/expression", "framework/schedule", "framework/ivr", "framework/diag"},
			never: []string{"net", "os", "log"}, tests: []string{"testkit", "testkit/flowdiff"}},
		{of: "testkit/flowdiff", ours: []string{"testkit/prove", "testkit/picture", "testkit/outline", "framework/flow", "framework/prompt", "framework/ivr", "framework/diag"}, never: []string{"net", "os", "log"}},
		{of: "testkit/graphsim/control", ours: []string{"testkit/graphsim", "framework/ivr", "framework/diag", "framework/prompt"},
			tests: []string{"framework/graph", jsonschema}},
		// Nothing of runtime: an error in the bot must not hide in the simulator.
		{of: "testkit/graphsim", ours: []string{"framework/graph", "framework/ivr"}, libs: []string{jwt, mux}},

		// What Microsoft documents, through all that speaks it.
		{of: "testkit/conformance", tests: []string{"framework/graph", "framework/ivr", "runtime/server", "testkit/graphsim", "framework/tree"}},

		{of: "flows", tests: []string{"testkit", "framework/*"}},
		{of: "examples", tests: []string{"runtime/bot"}},
		// Join takes a graph.Join; the test looks which outcomes the tests of the flow reach.
		{of: "examples/assistant", ours: []string{"runtime/bot", "runtime/keep", "framework/ivr", "framework/graph"}, tests: []string{"testkit", "framework/flow", "runtime/call"}},
		{of: "examples/*", ours: []string{"runtime/bot", "runtime/keep", "framework/ivr", "flows"}, tests: []string{"testkit", "testkit/graphsim", "framework/schedule", "runtime/server"}},
		{of: "tools"},
	}
}

func TestImports(t *testing.T) {
	used := map[string]bool{}
	for file := range sources(t) {
		pkg := path.Dir(file)
		r, ok := ruleOf(pkg)
		if !ok {
			t.Errorf("%s: package %s has no rule; say in tools/imports_test.go what it may import", file, pkg)
			continue
		}
		used[r.of] = true
		for _, imported := range importsOf(t, file) {
			if why := r.refuses(pkg, imported, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s imports %s: %s", file, imported, why)
			}
		}
	}
	for _, r := range rules() {
		if !used[r.of] && !strings.HasPrefix(r.of, "examples") {
			t.Errorf("the rule of %s fits no package", r.of)
		}
	}
}

// refuses says why a package may not import another; "" if it may.
func (r rule) refuses(pkg, imported string, test bool) string {
	allowed := slices.Concat(r.ours, r.libs)
	if test {
		allowed = append(allowed, r.tests...)
	}
	ours, isOurs := strings.CutPrefix(imported, module+"/")
	switch {
	case isOurs && ours == pkg && test:
		return ""
	case isOurs:
		if !slices.ContainsFunc(allowed, func(a string) bool { return fits(a, ours) }) {
			return pkg + " may import of ours only " + strings.Join(r.ours, ", ")
		}
	case strings.Contains(strings.Split(imported, "/")[0], "."):
		if !slices.ContainsFunc(allowed, func(a string) bool { return below(a, imported) }) {
			return "each library has its home, and this one's is not " + pkg
		}
	case !test && slices.ContainsFunc(r.never, func(n string) bool { return below(n, imported) }):
		return pkg + " never uses it"
	}
	return ""
}

func ruleOf(pkg string) (rule, bool) {
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return fits(r.of, pkg) })
	if i < 0 {
		return rule{}, false
	}
	return all[i], true
}

// fits says that a pattern such as "framework/*" or "framework/ivr" stands for
// a package.
func fits(pattern, pkg string) bool {
	dir, all := strings.CutSuffix(pattern, "/*")
	return pattern == pkg || all && strings.HasPrefix(pkg, dir+"/")
}

// below says that a package is root or lies below it.
func below(root, pkg string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") }

// sources are the Go files of the module, relative to its root.
func sources(t *testing.T) map[string]bool {
	t.Helper()
	files := map[string]bool{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == "testdata" || name != "." && (strings.HasPrefix(e.Name(), ".") || isModule(root, name))):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go"):
			files[name] = true
		}
		return nil
	})
	if err != nil || len(files) < 50 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	return files
}

// isModule says that a folder is a module of its own.
func isModule(root fs.FS, dir string) bool {
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// The rules themselves refuse what they should.
func TestRulesRefuse(t *testing.T) {
	for _, tt := range []struct {
		pkg, imports string
		test, ok     bool
	}{
		{"framework/ivr", "strings", false, true},
		{"framework/ivr", "net/http", false, false},
		{"framework/ivr", module + "/framework/diag", false, false},
		{"framework/engine", "context", false, false},
		{"framework/engine", "context", true, true},
		{"framework/engine", fsm, false, false},
		{"framework/engine", fsm, true, true},
		{"framework/engine", module + "/framework/graph", false, false},
		{"framework/flow", yaml, false, false},
		{"framework/tree", yaml, false, true},
		{"framework/graph", oauth2 + "/clientcredentials", false, true},
		{"runtime/call", module + "/framework/graph", false, false},
		{"runtime/server", module + "/framework/flow", false, false},
		{"runtime/fetch", module + "/runtime/call", false, false},
		{"runtime/fetch", ssrf, false, true},
		{"runtime/bot", ssrf, false, false},
		{"testkit/graphsim", module + "/runtime/server", true, false},
		{"testkit/graphsim", module + "/framework/graph", true, true},
		{"runtime/bot", module + "/testkit", false, false},
		{"runtime/bot", module + "/testkit", true, true},
		{"examples/bank", module + "/runtime/bot", false, true},
		{"examples/bank", module + "/framework/engine", false, false},
	} {
		r, ok := ruleOf(tt.pkg)
		if !ok {
			t.Fatalf("no rule for %s", tt.pkg)
		}
		if why := r.refuses(tt.pkg, tt.imports, tt.test); (why == "") != tt.ok {
			t.Errorf("%s imports %s (test %v): %q", tt.pkg, tt.imports, tt.test, why)
		}
	}
}
