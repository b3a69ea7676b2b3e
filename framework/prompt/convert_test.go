package prompt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// wavOf is a WAV file with any header, holding a sine on each channel.
func wavOf(rate, channels, bits int, hz float64, seconds float64) []byte {
	n := int(float64(rate) * seconds)
	pcm := make([]byte, 0, n*channels*2)
	for i := range n {
		v := int16(20000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		for range channels {
			pcm = binary.LittleEndian.AppendUint16(pcm, uint16(v))
		}
	}
	h := []byte("RIFF")
	h = binary.LittleEndian.AppendUint32(h, uint32(36+len(pcm)))
	h = append(h, "WAVEfmt "...)
	h = binary.LittleEndian.AppendUint32(h, 16)
	for _, v := range []uint16{1, uint16(channels)} {
		h = binary.LittleEndian.AppendUint16(h, v)
	}
	h = binary.LittleEndian.AppendUint32(h, uint32(rate))
	h = binary.LittleEndian.AppendUint32(h, uint32(rate*channels*2))
	h = binary.LittleEndian.AppendUint16(h, uint16(channels*2))
	h = binary.LittleEndian.AppendUint16(h, uint16(bits))
	h = append(h, "data"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(pcm)))
	return append(h, pcm...)
}

// level is the amplitude of a tone in 16 kHz audio, by its Fourier
// coefficient, with the edges left out.
func level(samples []int16, hz float64) float64 {
	in := samples[800 : len(samples)-800]
	var re, im float64
	for i, s := range in {
		a := 2 * math.Pi * hz * float64(i) / 16000
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(in))
}

func TestConvert(t *testing.T) {
	for _, rate := range []int{8000, 11025, 22050, 24000, 44100, 48000} {
		for channels := 1; channels <= 2; channels++ {
			t.Run(fmt.Sprintf("%d Hz, %d channels", rate, channels), func(t *testing.T) {
				wav, err := prompt.Convert(wavOf(rate, channels, 16, 1000, 0.5))
				if err != nil {
					t.Fatal(err)
				}
				info, err := prompt.CheckWAV(wav)
				if err != nil {
					t.Fatalf("the converted file is refused: %v", err)
				}
				if d := math.Abs(info.Length.Seconds() - 0.5); d > 0.001 {
					t.Errorf("length %v, want 500ms", info.Length)
				}
				samples, err := prompt.DecodeWAV(wav)
				if err != nil {
					t.Fatal(err)
				}
				if got := level(samples, 1000); math.Abs(got-20000) > 200 {
					t.Errorf("tone of 20000 has become %.0f", got)
				}
			})
		}
	}
}

// A tone above half the platform's rate must not come back as a lower one.
func TestConvertDoesNotFold(t *testing.T) {
	wav, err := prompt.Convert(wavOf(44100, 1, 16, 10000, 0.5))
	if err != nil {
		t.Fatal(err)
	}
	samples, err := prompt.DecodeWAV(wav)
	if err != nil {
		t.Fatal(err)
	}
	if got := level(samples, 6000); got > 20 { // -60 dB
		t.Errorf("10 kHz folded to 6 kHz with an amplitude of %.1f of 20000", got)
	}
}

func TestConvertForgivesStreamedLength(t *testing.T) {
	wav := wavOf(22050, 1, 16, 1000, 0.1)
	binary.LittleEndian.PutUint32(wav[4:], 0x7fffffff)
	binary.LittleEndian.PutUint32(wav[40:], 0x7fffffff)
	out, err := prompt.Convert(wav)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := prompt.CheckWAV(out); err != nil {
		t.Error(err)
	}
}

func TestConvertRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":       {nil, "empty"},
		"text":          {[]byte("espeak: no such voice, sorry"), "something unknown"},
		"twelve bits":   {wavOf(22050, 1, 12, 1000, 0.1), "12 bits"},
		"nine channels": {wavOf(22050, 9, 16, 1000, 0.1), "9 channels"},
		"high rate":     {wavOf(192000, 1, 16, 1000, 0.1), "192000 Hz"},
		"without audio": {wavOf(22050, 1, 16, 1000, 0), "no sound"},
		"too long":      {wavOf(8000, 1, 16, 1000, 601), "longer than 10m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := prompt.Convert(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Convert: %v; want an error with %q", err, c.want)
			}
		})
	}
}

func TestImport(t *testing.T) {
	right := prompt.Tone(time.Second, "x")
	if got, err := prompt.Import("x.wav", right); err != nil || !bytes.Equal(got, right) {
		t.Errorf("a right file is changed, or %v", err)
	}
	for name, data := range map[string][]byte{
		"x.wav": wavOf(44100, 2, 16, 1000, 0.5), "x.ul": bytes.Repeat([]byte{0xff, 0x7f}, 2000), "x.alaw": bytes.Repeat([]byte{0xd5}, 4000),
		"x.mp3": load(t, "audio/testdata/tone44.mp3"), "x.flac": load(t, "audio/testdata/stereo48.flac"), "no name": load(t, "audio/testdata/tone44.flac"),
	} {
		wav, err := prompt.Import(name, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info, err := prompt.CheckWAV(wav); err != nil || info.Samples != 8000 {
			t.Errorf("%s: %+v, %v, want half a second", name, info, err)
		}
	}
	if _, err := prompt.Import("x.ogg", []byte("OggS...")); !errors.Is(err, prompt.ErrUnsupported) {
		t.Errorf("Ogg: %v, want ErrUnsupported", err)
	}
	if _, err := prompt.Import("x.wav", right[:100]); err == nil || errors.Is(err, prompt.ErrUnsupported) {
		t.Errorf("a damaged file: %v", err)
	}
}

func load(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestImporter(t *testing.T) {
	calls := 0
	im := prompt.Importer{
		Command: func(name string, data []byte) ([]byte, error) {
			calls++
			if string(data) == "OggS bad" {
				return nil, errors.New("cannot")
			}
			return wavOf(22050, 1, 16, 1000, 0.5), nil
		},
		Cache: prompt.NewCache(1 << 20),
	}
	for range 3 {
		wav, err := im.Import("x.ogg", []byte("OggS..."))
		if info, check := prompt.CheckWAV(wav); err != nil || check != nil || info.Samples != 8000 {
			t.Fatalf("%+v, %v, %v", info, err, check)
		}
	}
	if calls != 1 {
		t.Errorf("the command ran %d times for one file", calls)
	}
	if _, err := im.Import("x.ogg", []byte("OggS bad")); err == nil || !strings.Contains(err.Error(), "cannot") {
		t.Errorf("a command that fails: %v", err)
	}
	if _, err := im.Import("x.wav", prompt.Tone(time.Second, "x")[:99]); err == nil || calls != 2 {
		t.Errorf("a damaged file: %v after %d calls; want an error without one", err, calls)
	}
	im.Command = func(string, []byte) ([]byte, error) { return []byte("nothing of use"), nil }
	if _, err := im.Import("y.ogg", []byte("OggS 2")); err == nil || !strings.Contains(err.Error(), "what the command wrote") {
		t.Errorf("a command that writes nonsense: %v", err)
	}
	if _, err := (prompt.Importer{}).Import("x.ogg", []byte("OggS...")); !errors.Is(err, prompt.ErrUnsupported) {
		t.Errorf("without a command: %v", err)
	}
}
