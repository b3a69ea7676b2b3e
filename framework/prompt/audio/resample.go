package audio

import "math"

// resampler changes the sampling rate to [Rate] by a windowed-sinc low-pass
// (Kaiser window, 80 dB), cut off below half the lower rate so that nothing
// folds back: at 44.1 kHz it is flat to 6.9 kHz and closed from 8 kHz. Output
// sample i lies at input sample i*down/up; the fractions repeat, so their
// filters are made once.
type resampler struct {
	up, down int
	half     int         // reach of a filter, in input samples
	filters  [][]float64 // by phase
	in       []float64   // input that is still needed, after half zeros
	first    int         // the input sample at in[0]
	total    int         // input samples so far
	made     int         // output samples
	out      []int16
}

// Of the filter: how many zero crossings of the sinc it spans on either side,
// the window's shape, and the cut-off as a share of half the lower rate.
const (
	crossings = 40
	beta      = 8.0
	cutoff    = 0.935
)

// maxTaps bounds the filters' memory: an odd rate would need one filter for
// each of thousands of fractions.
const maxTaps = 1 << 20

func newResampler(rate int) (*resampler, error) {
	g := gcd(rate, Rate)
	r := &resampler{up: Rate / g, down: rate / g}
	if r.up == r.down {
		return r, nil
	}
	cut := cutoff * min(1, float64(r.up)/float64(r.down)) // of half the input's rate
	span := crossings / cut
	r.half = int(math.Ceil(span))
	if r.up*(2*r.half+1) > maxTaps {
		return nil, unsupported("an odd sampling rate of %d Hz", rate)
	}
	r.filters = make([][]float64, r.up)
	for phase := range r.filters {
		r.filters[phase] = lowPass(float64(phase)/float64(r.up), r.half, cut, span)
	}
	r.first = -r.half
	r.in = make([]float64, r.half)
	return r, nil
}

// lowPass is the filter for an output sample that lies a fraction behind an
// input sample.
func lowPass(fraction float64, half int, cut, span float64) []float64 {
	taps := make([]float64, 2*half+1)
	var sum float64
	for k := range taps {
		d := fraction - float64(k-half)
		if w := 1 - (d/span)*(d/span); w > 0 {
			taps[k] = cut * sinc(cut*d) * bessel(beta*math.Sqrt(w)) / bessel(beta)
			sum += taps[k]
		}
	}
	for k := range taps {
		taps[k] /= sum // a constant stays what it is
	}
	return taps
}

// write takes input and makes the output that it completes.
func (r *resampler) write(block []float32) {
	r.total += len(block)
	if r.filters == nil {
		for _, v := range block {
			r.out = append(r.out, quantize(float64(v)))
		}
		return
	}
	for _, v := range block {
		r.in = append(r.in, float64(v))
	}
	r.run(r.total)
	if done := r.made*r.down/r.up - r.half - r.first; done > len(r.in)/2 {
		r.in = append(r.in[:0], r.in[done:]...)
		r.first += done
	}
}

// end makes the rest, as if silence followed: n*16000/rate samples in all,
// rounded up.
func (r *resampler) end() {
	if r.filters == nil {
		return
	}
	r.in = append(r.in, make([]float64, r.half+1)...)
	want := (r.total*r.up + r.down - 1) / r.down
	r.run(r.total + r.half + 1)
	r.out = r.out[:min(want, len(r.out))]
}

// run makes output as long as its filter finds input before the end.
func (r *resampler) run(end int) {
	for {
		at, phase := r.made*r.down/r.up, r.made*r.down%r.up
		if at+r.half >= end {
			return
		}
		filter := r.filters[phase]
		in := r.in[at-r.half-r.first:][:len(filter)]
		var sum float64
		for k, c := range filter {
			sum += c * in[k]
		}
		r.out = append(r.out, quantize(sum))
		r.made++
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind, order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}
