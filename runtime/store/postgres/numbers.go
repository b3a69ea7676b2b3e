package postgres

import (
	"sync/atomic"
	"time"
)

// times are how long groups took.
type times struct {
	last, all atomic.Int64 // nanoseconds
	failed    atomic.Int64 // attempts
}

func (t *times) took(d time.Duration, err error) {
	if err != nil {
		t.failed.Add(1)
		return
	}
	t.last.Store(int64(d))
	t.all.Add(int64(d))
}

// Numbers tell how the writers fare, for metrics: by name, in seconds. A name that
// ends in "_total" only grows.
func (d *DB) Numbers() map[string]float64 {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	q := d.queue
	return map[string]float64{
		"queue":                     float64(q.count),
		"writers":                   float64(q.active),
		"tasks_total":               float64(q.ops),
		"groups_total":              float64(q.groups),
		"group_last":                float64(q.last),
		"group_max":                 float64(q.largest),
		"transaction_last_seconds":  time.Duration(d.times.last.Load()).Seconds(),
		"transaction_seconds_total": time.Duration(d.times.all.Load()).Seconds(),
		"trouble_total":             float64(d.times.failed.Load()),
	}
}
