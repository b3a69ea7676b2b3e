package main

import (
	"context"
	"fmt"
	"time"
	_ "time/tzdata" // zones are not everywhere, in small containers for one
)

// office knows when somebody is there: Monday to Friday, nine to five.
type office struct {
	zone *time.Location
	now  func() time.Time
}

// newOffice is an office in a time zone such as "Europe/London".
func newOffice(zone string) (*office, error) {
	where, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("the office's time zone: %w", err)
	}
	return &office{zone: where, now: time.Now}, nil
}

const (
	opens  = 9 // o'clock
	closes = 17
)

// hours answers open or closed.
func (o *office) hours(context.Context, struct{}) (struct{}, string, error) {
	local := o.now().In(o.zone)
	weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
	if weekend || local.Hour() < opens || local.Hour() >= closes {
		return struct{}{}, "closed", nil
	}
	return struct{}{}, "open", nil
}
