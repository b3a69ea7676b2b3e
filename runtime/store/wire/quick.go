package wire

import (
	"bytes"
	"strconv"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// quick adds what most changes hold, as encoding/json would, without its
// reflection: most of what is stored are timers and moves. It is false for
// anything else.
func quick(buf *bytes.Buffer, v any) bool {
	b := buf.AvailableBuffer()
	switch c := v.(type) {
	case ivr.StartTimer:
		if !bare(c.Why) {
			return false
		}
		b = append(b, `{"StartTimer":{"timer":`...)
		b = strconv.AppendInt(b, int64(c.Timer), 10)
		b = append(b, `,"after":"`...)
		b = append(b, c.After.String()...)
		b = append(b, `","why":"`...)
		b = append(b, c.Why...)
		b = append(b, `"}}`...)
	case ivr.StopTimer:
		b = append(b, `{"StopTimer":{"timer":`...)
		b = strconv.AppendInt(b, int64(c.Timer), 10)
		b = append(b, `}}`...)
	case ivr.Moved:
		if !bare(c.Flow) || !bare(c.Trigger) || !bare(c.State) {
			return false
		}
		b = append(b, `{"Moved":{`...)
		if c.Flow != "" {
			b = append(append(append(b, `"flow":"`...), c.Flow...), `",`...)
		}
		b = append(append(append(b, `"trigger":"`...), c.Trigger...), `","state":"`...)
		b = append(append(b, c.State...), `"}}`...)
	case ivr.TimerExpired:
		if c.At.Year() < 0 || c.At.Year() > 9999 || !bare(string(c.Leg)) {
			return false
		}
		b = append(b, `{"TimerExpired":{"at":"`...)
		b = c.At.AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
		if c.Leg != "" {
			b = append(append(append(b, `,"leg":"`...), c.Leg...), '"')
		}
		b = strconv.AppendInt(append(b, `,"timer":`...), int64(c.Timer), 10)
		b = append(b, `}}`...)
	default:
		return false
	}
	buf.Write(b)
	return true
}

// bare reports whether a text stands in JSON as it is.
func bare(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
