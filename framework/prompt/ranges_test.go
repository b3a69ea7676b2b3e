package prompt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

func TestJoinRanges(t *testing.T) {
	s := time.Second
	for _, tt := range []struct {
		name    string
		lengths []time.Duration
		limit   int
		want    string
	}{
		{"none", nil, 20, "[]"},
		{"few", []time.Duration{s, s}, 20, "[{0 1} {1 2}]"},
		{"short ones", []time.Duration{9 * s, s, s, 9 * s}, 3, "[{0 1} {1 3} {3 4}]"},
		{"a run", []time.Duration{9 * s, s, s, s, 9 * s}, 3, "[{0 1} {1 4} {4 5}]"},
		{"all", []time.Duration{s, s, s}, 1, "[{0 3}]"},
		{"limit 0", []time.Duration{s, s, s}, 0, "[{0 3}]"},
		{"not too long", []time.Duration{400 * s, 300 * s, 290 * s}, 2, "[{0 1} {1 3}]"},
	} {
		got, err := prompt.JoinRanges(tt.lengths, tt.limit)
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	if _, err := prompt.JoinRanges([]time.Duration{400 * s, 400 * s}, 1); err == nil {
		t.Error("two files of seven minutes are to become one")
	}
}

// Whatever the lengths, the ranges follow each other and cover all.
func TestJoinRangesCover(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		lengths := make([]time.Duration, rnd.IntN(120))
		for i := range lengths {
			lengths[i] = time.Duration(rnd.IntN(3000)) * time.Millisecond
		}
		ranges, err := prompt.JoinRanges(lengths, prompt.MaxFiles)
		if err != nil || len(ranges) != min(len(lengths), prompt.MaxFiles) {
			t.Fatalf("%d files become %d, %v", len(lengths), len(ranges), err)
		}
		at := 0
		for _, r := range ranges {
			if r.From != at || r.To <= r.From {
				t.Fatalf("ranges %v of %d files", ranges, len(lengths))
			}
			at = r.To
		}
		if at != len(lengths) {
			t.Fatalf("ranges %v of %d files", ranges, len(lengths))
		}
	}
}
