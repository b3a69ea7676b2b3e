package transcode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt/transcode"
)

// TestMain makes this test binary the program that is run, if it is asked to.
func TestMain(m *testing.M) {
	if what := os.Getenv("TRANSCODE_PROGRAM"); what != "" && len(os.Args) > 2 {
		os.Exit(program(what, os.Args[1], os.Args[2]))
	}
	os.Exit(m.Run())
}

func program(what, in, out string) int {
	data, err := os.ReadFile(in)
	if err != nil {
		return 3
	}
	switch what {
	case "copy":
		err = os.WriteFile(out, append([]byte(filepath.Ext(in)+" "), data...), 0o600)
	case "fail":
		fmt.Fprintln(os.Stderr, "no such codec,\n sorry", strings.Repeat("x", 10000))
		return 1
	case "nothing":
	case "sleep":
		time.Sleep(time.Minute)
	case "flood":
		var f *os.File
		for f, err = os.Create(out); err == nil; _, err = f.Write(make([]byte, 1<<20)) {
			time.Sleep(time.Millisecond)
		}
	case "large":
		err = os.WriteFile(out, make([]byte, 3<<20), 0o600)
	case "where":
		dir, _ := os.Getwd()
		entries, _ := os.ReadDir(dir)
		err = os.WriteFile(out, fmt.Appendf(nil, "%s %d", dir, len(entries)), 0o600)
	}
	if err != nil {
		return 2
	}
	return 0
}

func command(t *testing.T, what string) transcode.Command {
	t.Helper()
	t.Setenv("TRANSCODE_PROGRAM", what)
	return transcode.Command{Args: []string{os.Args[0], "{in}", "{out}"}, Timeout: 10 * time.Second}
}

func TestConvert(t *testing.T) {
	c := command(t, "copy")
	for name, want := range map[string]string{
		"prompts/a.ogg": ".ogg data", "b": " data", "c.o g": " data", "d.;rm": " data", "e.opus": ".opus data", "../../f.M4A": ".M4A data",
	} {
		got, err := c.Convert(t.Context(), name, []byte("data"))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}

// The program's folder is its own, and gone afterwards.
func TestConvertLeavesNothing(t *testing.T) {
	got, err := command(t, "where").Convert(t.Context(), "a.ogg", []byte("data"))
	if err != nil {
		t.Fatal(err)
	}
	dir, files, _ := strings.Cut(string(got), " ")
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) || files != "1" || !strings.Contains(dir, "ivrflow-transcode-") {
		t.Errorf("the folder %s had %s files and is still there: %v", dir, files, err)
	}
}

func TestConvertRefuses(t *testing.T) {
	for what, want := range map[string]string{
		"fail": "no such codec, sorry xxx", "nothing": "wrote no file", "large": "more than 2097152 bytes", "flood": "more than 2097152 bytes", "sleep": "longer than 2s",
	} {
		t.Run(what, func(t *testing.T) {
			c := command(t, what)
			c.MaxBytes, c.Timeout = 2<<20, 2*time.Second
			start := time.Now()
			_, err := c.Convert(t.Context(), "dir/a.ogg", []byte("data"))
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "converting a.ogg with") || len(err.Error()) > 700 {
				t.Errorf("error %.800v, want one with %q", err, want)
			}
			if took := time.Since(start); took > 8*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestConvertStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("shutting down")) })
	if _, err := command(t, "sleep").Convert(ctx, "a.ogg", nil); err == nil || !strings.Contains(err.Error(), "shutting down") {
		t.Errorf("error %v, want that it is shutting down", err)
	}
}

func TestConvertWithoutProgram(t *testing.T) {
	c := transcode.Command{Args: []string{"there-is-no-such-program", "{in}", "{out}"}}
	if _, err := c.Convert(t.Context(), "a.ogg", nil); err == nil || !strings.Contains(err.Error(), "there-is-no-such-program") {
		t.Errorf("error %v, want one that names the program", err)
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		c    transcode.Command
		want string
	}{
		{transcode.Command{}, "empty"}, {transcode.Command{Args: []string{"sox", "{in}"}}, "lacks"}, {transcode.Command{Args: []string{"sox", "{out}"}}, "lacks"},
		{transcode.Command{Args: []string{"{in}", "{out}"}}, "begins with"}, {transcode.Command{Args: []string{"sox", "{in}", "{out}"}, Timeout: -1}, "negative"},
		{transcode.Command{Args: []string{"sox", "{in}", "{out}"}, MaxBytes: -1}, "negative"}, {transcode.Command{Args: []string{"sox", "{in}", "{out}"}}, ""},
		{transcode.Command{Args: []string{"x", "--in={in}", "--out={out}"}}, ""},
	} {
		err := tt.c.Validate()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate(%v) = %v, want %q", tt.c, err, tt.want)
		}
		if _, converted := tt.c.Convert(t.Context(), "x", nil); err != nil && (converted == nil || converted.Error() != err.Error()) {
			t.Errorf("Convert with %v: %v, want %v", tt.c, converted, err)
		}
	}
	if a, b := (transcode.Command{Args: []string{"a b"}}).String(), (transcode.Command{Args: []string{"a", "b"}}).String(); a == b || !bytes.Contains([]byte(a), []byte("a b")) {
		t.Errorf("String: %s and %s", a, b)
	}
}
