package graphsim

import (
	"math"
	"time"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

// Speak lets the caller say something: 16 kHz mono samples. A recording that
// listens hears it at once, after what is being said already; otherwise the
// caller waits and speaks when the next recording listens. Quiet stretches in
// pcm are pauses.
func (c *Call) Speak(pcm []int16) {
	c.sim.do(func() { c.speak(pcm) })
}

func (c *Call) speak(pcm []int16) {
	if c.onHold {
		return
	}
	if len(c.media.queue) == 0 || c.media.queue[0].capture == nil {
		c.media.said = append(c.media.said, pcm...)
		return
	}
	op := c.media.queue[0]
	op.capture.say(samplesIn(c.elapsed(op)), pcm)
	c.awaitEnd(op)
}

// SpeakFor is Speak with a tone of that length, for tests that do not care
// what is said.
func (c *Call) SpeakFor(d time.Duration) { c.Speak(Tone(d)) }

// Tone is a tone of 440 Hz, 16 kHz mono.
func Tone(d time.Duration) []int16 {
	pcm := make([]int16, samplesIn(d))
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/sampleRate))
	}
	return pcm
}

// capture is a recording while it listens.
type capture struct {
	began  time.Time
	level  int // loudness from which a frame is speech
	voiced []span
	said   []utterance
}

// utterance is something said, from a sample of the recording on.
type utterance struct {
	at  int
	pcm []int16
}

// span is a stretch of speech, in samples of the recording.
type span struct{ from, to int }

// frame is the length over which loudness is judged.
const frame = sampleRate / 50

// say adds what is said from a sample on, or after what is being said.
func (r *capture) say(at int, pcm []int16) {
	if n := len(r.said); n > 0 {
		at = max(at, r.said[n-1].at+len(r.said[n-1].pcm))
	}
	r.said = append(r.said, utterance{at, pcm})
	for i := 0; i < len(pcm); i += frame {
		end := min(i+frame, len(pcm))
		if !loud(pcm[i:end], r.level) {
			continue
		}
		if n := len(r.voiced); n > 0 && r.voiced[n-1].to == at+i {
			r.voiced[n-1].to = at + end
			continue
		}
		r.voiced = append(r.voiced, span{at + i, at + end})
	}
}

func loud(pcm []int16, level int) bool {
	for _, v := range pcm {
		if int(v) >= level || int(v) <= -level {
			return true
		}
	}
	return false
}

// end is when and why the recording will end if nothing more is said or
// pressed.
func (r *capture) end(spec *recordSpec) (time.Duration, ivr.RecordEnd) {
	at, why := spec.initial, ivr.RecordInitialSilence
	if len(r.voiced) > 0 && lasting(r.voiced[0].from) < spec.initial {
		last := r.voiced[0].to
		for _, v := range r.voiced[1:] {
			if lasting(v.from-last) >= spec.silence {
				break
			}
			last = v.to
		}
		at, why = lasting(last)+spec.silence, ivr.RecordMaxSilence
	}
	if spec.longest <= at {
		return spec.longest, ivr.RecordMaxDuration
	}
	return at, why
}

// wav is the recording's file.
func (r *capture) wav(length time.Duration) []byte {
	pcm := make([]int16, samplesIn(length))
	for _, u := range r.said {
		if u.at < len(pcm) {
			copy(pcm[u.at:], u.pcm)
		}
	}
	return wavOf(pcm)
}
