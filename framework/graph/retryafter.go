package graph

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestRetryAfter bounds absurd waits; callers bound them further by their
// own deadline.
const longestRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After header: seconds, also with a fraction as
// Graph writes them, or an HTTP date. It is 0 for none and for nonsense.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	wait := time.Duration(0)
	if seconds, err := strconv.ParseFloat(header, 64); err == nil {
		switch {
		case seconds >= longestRetryAfter.Seconds():
			wait = longestRetryAfter
		case seconds > 0:
			wait = time.Duration(seconds * float64(time.Second))
		}
	} else if date, err := http.ParseTime(header); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), longestRetryAfter)
}
