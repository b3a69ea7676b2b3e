package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/framework/manual"
	"github.com/ivrflow/ivrflow/runtime/bot"
	"github.com/ivrflow/ivrflow/runtime/calldoc"
	"github.com/ivrflow/ivrflow/runtime/store"
)

func TestCallsList(t *testing.T) {
	w := newStoredCalls(t, 0)
	at := func(hour int) string {
		return storedAt.Add(time.Duration(hour) * time.Hour).Local().Format(time.DateTime)
	}
	one := fmt.Sprintf("%s  12s     support  +44205550001  transfer  s1\n", at(1))
	two := fmt.Sprintf("%s  12s     bank     +44205550002  transfer  s2\n", at(2))
	header := "STARTED              LASTED  FLOW     CALLER        ENDED BY  SESSION\n"
	got, _ := w.run(exitFine, "calls", "list", "--over")
	if want := header + two + one; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, tt := range []struct {
		args string
		want string // sessions
	}{
		{"", "s3 s2 s1"},
		{"--live", "s3"},
		{"--over --limit 1", "s2"},
		{"--flow bank", "s3 s2"},
		{"--since 2026-11-27T10:00:00Z", "s3 s2"},
		{"--until 2026-11-27T10:00:00Z", "s1"},
		{"--flow nothing", ""},
	} {
		var list []calldoc.Record
		out, _ := w.run(exitFine, append([]string{"calls", "list", "--format", "json"}, strings.Fields(tt.args)...)...)
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range list {
			ids = append(ids, r.Session)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%q lists %q, want %q", tt.args, got, tt.want)
		}
	}
}

// Wrong flags are said, with what would be right.
func TestCallsUsage(t *testing.T) {
	w := newStoredCalls(t, 0)
	for _, tt := range []struct{ args, want string }{
		{"calls list --live --over", "--live and --over leave nothing"},
		{"calls list --limit 0", "--limit is 1 to 100000, not 0"},
		{"calls list --format xml", `--format is "text", "json", "jsonl" or "csv", not "xml"`},
		{"calls list --since yesterday", `--since takes a day (2026-11-27), a time (2026-11-27T08:00:00Z), or how long ago (90m, 24h, 7d), not "yesterday"`},
		{"calls list --since 1h --until 2h", "--since is not before --until"},
		{"calls export --format json", `--format is "jsonl" or "csv", not "json"`},
		{"calls show", "show needs the id of one call"},
		{"calls recording rec1", "recording needs -o"},
		{"drain", "drain needs --node"},
		{"drain --node all", "a store that is a file has one process: send it SIGTERM"},
		{"nodes --format csv", `--format is "text" or "json", not "csv"`},
	} {
		if _, stderr := w.run(exitUsage, strings.Fields(tt.args)...); !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: it said %q, want %q", tt.args, stderr, tt.want)
		}
	}
	if _, stderr, code := invoke(t, "", "calls", "lst"); code != exitUsage || !strings.Contains(stderr, `calls cannot "lst"; did you mean "list"?`) {
		t.Errorf("exit code %d, and it said %q", code, stderr)
	}
	if _, stderr := w.run(exitFindings, "calls", "show", "s9"); !strings.Contains(stderr, `no call "s9" is in the store`) {
		t.Errorf("of an unknown call it said %q", stderr)
	}
}

// A call is told whole as long as its key is there, and its outline if it is not.
func TestCallsShow(t *testing.T) {
	whole := `   0.0  ring     phone +44205550001 calls app bot [31m
   1.0  call     answered
   1.0  move     answered → a.1/prompting
   1.0  hear     ask: Your number please
   1.0  mark     milestone asked
   2.0  key      47#
   3.0  do       look_up
   3.1  done     look_up: ok
   3.1  record   recording
   9.0  record   done, ended by a key
   9.2  record   saved rec1, 5.0 s
   9.2  →        transfer to user desk
   9.2  mark     tag reason refund
  12.0  call     ended (200/0 transferred)
  12.0  end      transfer
`
	outline := strings.NewReplacer("47#", "3 keys, not shown", "saved rec1,", "saved,", "reason refund", "reason", ": Your number please", "").Replace(whole)
	typed := strings.Replace(whole, "47#", "3 keys, not shown", 1) // alone was sensitive
	live, _, _ := strings.Cut(strings.ReplaceAll(typed, "0001", "0003"), "  12.0")
	for _, tt := range []struct {
		name, id string
		keep     time.Duration
		lost     bool // the key of the store
		want     string
		says     string
	}{
		{"whole", "s1", 0, false, whole, ""},
		{"by Graph's id", "5F0C7C7E-0000-4000-8000-000000000001", 0, false, whole, ""},
		{"no key", "s1", 0, true, outline, "without the key of the store nothing is opened: there is no file"},
		{"keys are not kept", "s1", -1, false, outline, "the keys to it are destroyed"},
		{"something sensitive", "s2", 0, false, strings.ReplaceAll(typed, "0001", "0002"), "the keys to it are destroyed"},
		{"something sensitive, live", "s3", 0, false, live, "which nobody but the call sees"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newStoredCalls(t, tt.keep)
			if tt.lost {
				if err := os.Remove(bot.KeyFile(w.file)); err != nil {
					t.Fatal(err)
				}
			}
			stdout, stderr := w.run(exitFine, "calls", "show", tt.id)
			_, got, _ := strings.Cut(stdout, "\n\n")
			if got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !strings.Contains(stderr, tt.says) || tt.says == "" && stderr != "" {
				t.Errorf("it said %q, want %q", stderr, tt.says)
			}
		})
	}
}

// What is sensitive is not shown of a call that lives either, and nowhere is the
// token of a recording.
func TestCallsShowHides(t *testing.T) {
	w := newStoredCalls(t, 0)
	for _, id := range []string{"s1", "s2", "s3"} {
		stdout, _ := w.run(exitFine, "calls", "show", "--format", "json", id)
		var doc struct {
			Session string `json:"session"`
			Live    bool   `json:"live"`
			Moments []struct {
				Hidden string            `json:"hidden"`
				Events []json.RawMessage `json:"events"`
			} `json:"moments"`
		}
		if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
			t.Fatal(err)
		}
		if doc.Session != id || doc.Live != (id == "s3") || len(doc.Moments) < 7 || len(doc.Moments[2].Events) != 2 {
			t.Errorf("%s: got %s", id, stdout)
		}
		if hidden := doc.Moments[2].Hidden != ""; hidden != (id != "s1") {
			t.Errorf("%s: hidden: %t", id, hidden)
		}
		if strings.Contains(stdout, "token-of-it") {
			t.Errorf("%s: the token of the recording is shown", id)
		}
		if said := strings.Contains(stdout, `"key": "4"`); said != (id == "s1") {
			t.Errorf("%s: it holds what the caller said: %t\n%s", id, said, stdout)
		}
	}
}

// Records hold who called whom and how it ended, and nothing that was typed.
func TestCallsExport(t *testing.T) {
	w := newStoredCalls(t, 0)
	want := map[string]string{"session": "s1", "flow": "support", "direction": "in", "caller_kind": "phone", "caller": "+44205550001", "called_kind": "app",
		"called": "bot\x1b[31m", "tenant": "t", "started": "2026-11-27T09:00:00.000Z", "answered": "2026-11-27T09:00:01.000Z", "ended": "2026-11-27T09:00:12.000Z",
		"seconds": "11.000", "ended_by": "transfer", "code": "200", "subcode": "0", "reason": "transferred", "steps": "4",
		"calls": "5f0c7c7e-0000-4000-8000-000000000001", "milestones": "asked", "tags": "reason refund", "transfer": "done", "damaged": "false"}
	file := filepath.Join(t.TempDir(), "out.csv")
	w.run(exitFine, "calls", "export", "--format", "csv", "--until", "2026-11-27T10:00:00Z", "-o", file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, name := range rows[0] {
		if name != "version" && rows[1][i] != want[name] {
			t.Errorf("%s is %q, want %q", name, rows[1][i], want[name])
		}
	}
	stdout, _ := w.run(exitFine, "calls", "export")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want the two calls that are over:\n%s", len(lines), stdout)
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range rows[0] {
		if _, ok := members[name]; !ok {
			t.Errorf("the column %s is no member of a JSON line", name)
		}
	}
	if len(members) != len(rows[0]) {
		t.Errorf("%d members, and %d columns", len(members), len(rows[0]))
	}
	if strings.Contains(stdout, "47") && strings.Contains(stdout, "Ann") {
		t.Errorf("it holds what was typed:\n%s", stdout)
	}
}

// What a spreadsheet would run is a text; numbers and ids stay what they are.
func TestCSVFormulas(t *testing.T) {
	for cell, guarded := range map[string]bool{
		"=1+2": true, "@SUM(A1)": true, "\tx": true, "\rx": true, "\n=1": true, "+1+2": true, "-2+3+cmd|' /C calc'!A0": true, "+HYPERLINK(\"x\")": true, "-": false, "＝1": true,
		"+4930123456": false, "-1.5": false, "-x_Yz-9": false, "": false, "refund": false, "a=1": false, "'=1": false, "\xff=": false,
	} {
		want := cell
		if guarded {
			want = "'" + cell
		}
		if got := cells([]string{"x", cell})[1]; got != want {
			t.Errorf("%q is written as %q, want %q", cell, got, want)
		}
	}
	var out bytes.Buffer
	list := []store.Summary{{Session: "-s1", Caller: ivr.Party{Kind: ivr.PartyPhone, ID: "+4930123456"}, Marks: []store.Mark{{Kind: "milestone", Name: "=1+2"}}}}
	if err := writeRecords(&out, "csv", list); err != nil || !strings.Contains(out.String(), "\n-s1,") || !strings.Contains(out.String(), ",+4930123456,") || !strings.Contains(out.String(), ",'=1+2,") {
		t.Errorf("%v, %s", err, out.String())
	}
	out.Reset()
	if err := writeRecords(&out, "jsonl", list); err != nil || !strings.Contains(out.String(), `"=1+2"`) {
		t.Errorf("%v, %s", err, out.String())
	}
}

// What is exported can be read by its owner only, also in the place of a file that
// others could read; a file is whole or as it was.
func TestWritePrivate(t *testing.T) {
	w := newStoredCalls(t, 0)
	dir := t.TempDir()
	for name, args := range map[string][]string{"calls.csv": {"calls", "export", "--format", "csv"}, "a.wav": {"calls", "recording", "rec1"}} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		link := file + ".link"
		if err := os.Symlink(file, link); err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{file, link} {
			if err := os.Chmod(file, 0o644); err != nil {
				t.Fatal(err)
			}
			w.run(exitFine, append(slices.Clone(args), "-o", to)...)
			info, err := os.Lstat(file)
			got, bad := os.ReadFile(file)
			if err != nil || bad != nil || info.Mode() != 0o600 || string(got) == "old" {
				t.Errorf("%s: %v, %v, %v, %q", to, info, err, bad, got)
			}
		}
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link is %v, %v", info, err)
		}
		w.run(exitFine, append(slices.Clone(args), "-o", os.DevNull)...) // which is no file to be replaced
		if info, err := os.Lstat(os.DevNull); err != nil || info.Mode().IsRegular() {
			t.Fatalf("%s is %v, %v", os.DevNull, info, err)
		}
		before, _ := os.ReadFile(file)
		err := writePrivate(file, func(f io.Writer) error {
			fmt.Fprint(f, "half")
			return errors.New("the disk is full")
		})
		if after, _ := os.ReadFile(file); err == nil || !strings.Contains(err.Error(), file+": the disk is full") || !bytes.Equal(before, after) {
			t.Errorf("got error %v, and %q", err, after)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 {
		t.Errorf("%v are left, %v", left, err)
	}
	if _, stderr := w.run(exitFailure, "calls", "export", "-o", filepath.Join(dir, "none", "x")); !strings.Contains(stderr, "no such") {
		t.Errorf("it said %q", stderr)
	}
}

// A record that is damaged says so, and not that the platform hid its caller.
func TestCallsDamaged(t *testing.T) {
	w := newStoredCalls(t, 0)
	db, err := sql.Open("sqlite", w.file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE sessions SET summary = X'7b22' WHERE id = 's1'"); err != nil {
		t.Fatal(err)
	}
	list, _ := w.run(exitFine, "calls", "list", "--flow", "support")
	show, _ := w.run(exitFine, "calls", "show", "s1")
	lines, _ := w.run(exitFine, "calls", "export", "--flow", "support")
	if err := os.Remove(bot.KeyFile(w.file)); err != nil {
		t.Fatal(err)
	}
	outline, _ := w.run(exitFine, "calls", "show", "s1")
	start := "rang      " + storedAt.Add(time.Hour).Local().Format(time.DateTime)
	for text, want := range map[string][]string{list: {"12s     support  record damaged  "}, lines: {`"damaged":true`},
		show:    {"caller    phone +44205550001\n", start, "record    damaged:", "ring     phone +44205550001 calls app bot"},
		outline: {"caller    unknown, since the record is damaged\n", start, "record    damaged:", "ring     unknown, since the record is damaged calls"},
	} {
		for _, part := range want {
			if !strings.Contains(text, part) || strings.Contains(text, "hidden") {
				t.Errorf("got\n%swant %q", text, part)
			}
		}
	}
}

// The manual lists the columns, in their order.
func TestCallsColumns(t *testing.T) {
	page, ok := manual.Page("store")
	if !ok {
		t.Fatal("no page")
	}
	_, table, _ := strings.Cut(page, "| column | |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var listed []string
	for line := range strings.Lines(table) {
		listed = append(listed, strings.Trim(strings.Split(line, "|")[1], " `"))
	}
	if !slices.Equal(listed, recordColumns()) {
		t.Errorf("the manual lists\n%q, and the columns are\n%q", listed, recordColumns())
	}
}

// A recording comes out of the store as it went in, for its owner only.
func TestCallsRecording(t *testing.T) {
	w := newStoredCalls(t, 0)
	out := filepath.Join(t.TempDir(), "out.wav")
	w.run(exitFine, "calls", "recording", "rec1", "-o", out)
	got, err := os.ReadFile(out)
	info, bad := os.Stat(out)
	if err != nil || bad != nil || string(got) != "RIFF what was said" || info.Mode().Perm() != 0o600 {
		t.Errorf("got %q, %v, %v", got, err, bad)
	}
	if _, stderr := w.run(exitFindings, "calls", "recording", "rec2", "-o", out); !strings.Contains(stderr, `no recording "rec2" is in the store`) {
		t.Errorf("of an unknown one it said %q", stderr)
	}
	if err := os.Remove(bot.KeyFile(w.file)); err != nil {
		t.Fatal(err)
	}
	if _, stderr := w.run(exitFailure, "calls", "recording", "rec1", "-o", out); !strings.Contains(stderr, "without the key of the store") {
		t.Errorf("without the key it said %q", stderr)
	}
}

// More calls than a page has come out once each.
func TestCallsPages(t *testing.T) {
	db := &store.MemoryDB{}
	const n = 2*pageSize + 7
	for i := range n {
		if err := db.Write(t.Context(), &store.Write{Session: ivr.SessionID(fmt.Sprintf("s%04d", i)), Version: 1, Epoch: 1, Started: storedAt.Add(time.Duration(i/3) * time.Second),
			Ended: storedAt, Summary: []byte("broken")}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := store.NewReader(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{0, 1, pageSize, pageSize + 1} {
		seen := map[ivr.SessionID]bool{}
		err := pages(t.Context(), r, store.Filter{}, most, func(page []store.Summary) error {
			for _, s := range page {
				if seen[s.Session] {
					t.Errorf("%s came twice", s.Session)
				}
				seen[s.Session] = true
			}
			return nil
		})
		if want := most; err != nil || most > 0 && len(seen) != want || most == 0 && len(seen) != n {
			t.Errorf("at most %d: %d calls, %v", most, len(seen), err)
		}
	}
}

func TestNodes(t *testing.T) {
	w := newStoredCalls(t, 0)
	stdout, _ := w.run(exitFine, "nodes")
	if !strings.HasPrefix(stdout, "NODE") || !strings.Contains(stdout, "n1") {
		t.Errorf("got\n%s", stdout)
	}
	var list []node
	var none bytes.Buffer
	if err := writeNodes(&none, nil); err != nil || none.String() != "no node is known: no bot runs with this store\n" {
		t.Errorf("without nodes: %v, %q", err, none.String())
	}
	stdout, _ = w.run(exitFine, "nodes", "--format", "json")
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list) != 1 || list[0].ID != "n1" || list[0].Calls != 1 {
		t.Errorf("got %v and\n%s", err, stdout)
	}
}
