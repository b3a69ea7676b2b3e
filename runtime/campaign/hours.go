package campaign

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/ivrflow/ivrflow/framework/schedule"
	"github.com/ivrflow/ivrflow/framework/tree"
)

// Hours are when people may be called, on their own clocks.
type Hours struct {
	// Open is in the form of OpenStreetMap, "Mo-Fr 09:00-12:00,13:00-20:00; Sa 10:00-16:00",
	// or "24/7".
	Open string `json:"open"`
	// Holidays are regions on whose public holidays nobody is called, "GB-ENG".
	Holidays []string `json:"holidays,omitempty"`
	// Quiet are further days on which nobody is called, "2026-12-24".
	Quiet []string `json:"quiet,omitempty"`
}

// Check says what is wrong with the hours.
func (h Hours) Check() error {
	_, err := h.in("Europe/London")
	return err
}

// in is the hours in a zone.
func (h Hours) in(zone string) (*schedule.Schedule, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "timezone: %q\nopen: %q\n", zone, h.Open)
	list := func(key string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(&b, "%s: [%s]\n", key, quoted(values))
		}
	}
	list("holidays", h.Holidays)
	list("closed", h.Quiet)
	n, findings := tree.Parse("hours", []byte(b.String()))
	if findings.HasErrors() {
		return nil, fmt.Errorf("the hours: %s", findings[0].Message)
	}
	s, findings := schedule.Parse(embed.FS{}, n) // days stand in no file
	if s == nil {
		return nil, fmt.Errorf("the hours: %s", findings[0].Message)
	}
	return s, nil
}

func quoted(values []string) string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%q", v))
	}
	return strings.Join(all, ", ")
}

// clocks are the hours by zone.
type clocks struct {
	hours Hours
	zones map[string]*zone
}

// zone is a zone's hours, and what was last asked of them: many ask the same.
type zone struct {
	*schedule.Schedule

	asked, next time.Time
	never       bool
}

func newClocks(h Hours) clocks { return clocks{hours: h, zones: map[string]*zone{}} }

// next is the first moment from t on at which somebody in a zone may be called.
func (c *clocks) next(name string, t time.Time) (time.Time, error) {
	z := c.zones[name]
	if z == nil {
		s, err := c.hours.in(name)
		if err != nil {
			return time.Time{}, err
		}
		z = &zone{Schedule: s}
		c.zones[name] = z
	}
	if !z.asked.Equal(t) {
		at, ok := z.NextOpen(t)
		z.asked, z.next, z.never = t, at, !ok
	}
	if z.never {
		return time.Time{}, fmt.Errorf("the hours %q leave no moment at which anybody may be called", c.hours.Open)
	}
	return z.next, nil
}
