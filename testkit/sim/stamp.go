package sim

import (
	"time"
	"unsafe"
)

// stamp is a time as time.Now gives it: with what the clock on the wall shows,
// and with the reading of a clock that only goes forward, by which times of one
// process are compared. Package time makes such times from the machine's clocks
// only, so that this writes their fields; TestStamp says if they have moved.
func stamp(wall time.Time, mono time.Duration) time.Time {
	var t time.Time
	f := (*timeFields)(unsafe.Pointer(&t))
	since := wall.Unix() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	f.wall = 1<<63 | uint64(since)<<30 | uint64(wall.Nanosecond())
	f.ext = int64(mono) + 1 // 0 is none
	return t
}

// timeFields are the fields of a time.Time.
type timeFields struct {
	wall uint64
	ext  int64
	_    *time.Location
}
