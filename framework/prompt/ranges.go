package prompt

import (
	"fmt"
	"time"
)

// MaxFiles is how many files the platform plays in one request.
const MaxFiles = 20

// Range is files that become one, from the first to before the last.
type Range struct{ From, To int }

// JoinRanges says which of the files to be played in turn, of such lengths, are
// joined beforehand, so that there are at most limit: neighbours that are
// short together, so that little is copied and long prompts, which others play
// too, stay the files that they are. No range is longer than [MaxLength].
func JoinRanges(lengths []time.Duration, limit int) ([]Range, error) {
	ranges := make([]Range, len(lengths))
	sums := make([]time.Duration, len(lengths))
	for i, d := range lengths {
		ranges[i], sums[i] = Range{i, i + 1}, d
	}
	for len(ranges) > max(1, limit) {
		best := -1
		for i := range len(ranges) - 1 {
			if sum := sums[i] + sums[i+1]; sum <= MaxLength && (best < 0 || sum < sums[best]+sums[best+1]) {
				best = i
			}
		}
		if best < 0 {
			return nil, fmt.Errorf("%d files, %v long together, cannot be joined to %d of at most %v", len(lengths), total(lengths), limit, MaxLength)
		}
		ranges[best].To, sums[best] = ranges[best+1].To, sums[best]+sums[best+1]
		ranges = append(ranges[:best+1], ranges[best+2:]...)
		sums = append(sums[:best+1], sums[best+2:]...)
	}
	return ranges, nil
}

func total(lengths []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range lengths {
		sum += d
	}
	return sum
}
