package testkit

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// A flow that was loaded from its bundle plays its tests as the one that was
// loaded from its files.
func TestBundlesPlayAlike(t *testing.T) {
	played := 0
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, testExtension) || path.Base(path.Dir(path.Dir(name))) == "project" {
			return err
		}
		s, _, err := open(filepath.Join("..", filepath.FromSlash(name)), Options{})
		if err != nil || s == nil {
			return nil //nolint:nilerr // a file with faults, which other tests are about
		}
		played += playsAlike(t, name, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if played < 50 {
		t.Errorf("only %d tests were played", played)
	}
}

// playsAlike plays the tests of a file with both, and answers how many.
func playsAlike(t *testing.T, name string, s *suite) int {
	t.Helper()
	data, err := s.flow.Bundle()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	audio := maps.Collect(s.flow.Audio())
	f, err := flow.LoadBundle(data, s.flow.Version, nil, func(hash string) ([]byte, error) { return audio[hash], nil })
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	kept := *s
	kept.flow = f
	o := Options{}.withDefaults()
	for _, tc := range s.tests {
		was, is := s.play(tc, o), kept.play(tc, o)
		if told(was) != told(is) || was.Passed != is.Passed || was.Requests != is.Requests {
			t.Errorf("%s: %s: another call:\n%s\nwas\n%s", name, tc.name, told(is), told(was))
		}
	}
	return len(s.tests)
}

// told is a conversation without the ids of requests, which are random.
func told(r Result) string {
	var b strings.Builder
	writeConversation(&b, r.Conversation)
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)`).ReplaceAllString(b.String(), "ID)")
}
