package prompt_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/prompt"
)

// header is a WAV file's fmt part, to be written wrongly.
type header struct {
	format, channels uint16
	rate, perSecond  uint32
	align, bits      uint16
	extra            []byte // of an extended header
}

func plain() header {
	return header{format: 1, channels: 1, rate: 16000, perSecond: 32000, align: 2, bits: 16}
}

func (h header) chunk() []byte {
	b := binary.LittleEndian.AppendUint16(nil, h.format)
	b = binary.LittleEndian.AppendUint16(b, h.channels)
	b = binary.LittleEndian.AppendUint32(b, h.rate)
	b = binary.LittleEndian.AppendUint32(b, h.perSecond)
	b = binary.LittleEndian.AppendUint16(b, h.align)
	b = binary.LittleEndian.AppendUint16(b, h.bits)
	return chunk("fmt ", append(b, h.extra...))
}

// extensible is the extra part of an extended header with a sub-format.
func extensible(validBits uint16, subFormat uint16) []byte {
	b := binary.LittleEndian.AppendUint16(nil, 22)
	b = binary.LittleEndian.AppendUint16(b, validBits)
	b = binary.LittleEndian.AppendUint32(b, 4) // front centre
	b = binary.LittleEndian.AppendUint16(b, subFormat)
	return append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
}

func chunk(id string, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WAVE"), slices.Concat(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func sound(samples int) []byte { return chunk("data", make([]byte, 2*samples)) }

func TestCheckWAVAccepts(t *testing.T) {
	extended := plain()
	extended.format, extended.extra = 0xFFFE, extensible(16, 1)
	zeroExtra := plain()
	zeroExtra.extra = []byte{0, 0}
	oddEnd := riff(plain().chunk(), sound(1600), chunk("LIST", []byte("odd")))
	tests := []struct {
		name string
		wav  []byte
		want int // samples
	}{
		{"plain", riff(plain().chunk(), sound(16000)), 16000},
		{"one sample", riff(plain().chunk(), sound(1)), 1},
		{"18 byte fmt", riff(zeroExtra.chunk(), sound(1600)), 1600},
		{"extensible PCM", riff(extended.chunk(), sound(1600)), 1600},
		{"other parts before", riff(chunk("LIST", []byte("INFO")), plain().chunk(), chunk("fact", []byte{1, 2, 3, 4}), sound(1600)), 1600},
		{"odd part with padding", riff(plain().chunk(), chunk("LIST", []byte("odd")), sound(1600)), 1600},
		{"odd part at the end", oddEnd, 1600},
		{"odd part at the end, not padded", func() []byte {
			b := bytes.Clone(oddEnd[:len(oddEnd)-1])
			binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
			return b
		}(), 1600},
		{"ten minutes", riff(plain().chunk(), sound(600*16000)), 600 * 16000},
		{"encoded", prompt.EncodeWAV([]int16{1, -1, 32767, -32768}), 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := prompt.CheckWAV(tt.wav)
			want := prompt.Info{Samples: tt.want, Length: time.Duration(tt.want) * time.Second / 16000}
			if err != nil || got != want {
				t.Errorf("CheckWAV = %+v, %v, want %+v", got, err, want)
			}
			if pcm, err := prompt.DecodeWAV(tt.wav); err != nil || len(pcm) != tt.want {
				t.Errorf("DecodeWAV = %d samples, %v, want %d", len(pcm), err, tt.want)
			}
		})
	}
}

func TestCheckWAVRefuses(t *testing.T) {
	with := func(change func(*header)) []byte {
		h := plain()
		change(&h)
		return riff(h.chunk(), sound(1600))
	}
	good := riff(plain().chunk(), sound(1600))
	patched := func(at int, b ...byte) []byte {
		w := bytes.Clone(good)
		copy(w[at:], b)
		return w
	}
	const convert = "sox in.wav -r 16000 -c 1 -b 16"
	tests := []struct {
		name string
		wav  []byte
		want []string // in the error
	}{
		{"empty file", nil, []string{"the file is empty", convert}},
		{"text", []byte("Hello, this is no sound at all"), []string{"something unknown", convert}},
		{"short", []byte("RIFF"), []string{"not a WAV file"}},
		{"MP3", []byte("ID3\x04\x00 and so on for long"), []string{"this is MP3", convert}},
		{"Ogg", []byte("OggS\x00 and so on for long"), []string{"this is Ogg"}},
		{"AVI", append([]byte("RIFF\x10\x00\x00\x00AVI "), make([]byte, 16)...), []string{"RIFF file of another kind"}},
		{"big-endian", append([]byte("RIFX\x10\x00\x00\x00WAVE"), make([]byte, 16)...), []string{"RIFX"}},
		{"µ-law", with(func(h *header) { h.format = 7 }), []string{"µ-law", "needed is WAV, PCM, 16000 Hz, 16 bit, mono", convert}},
		{"A-law", with(func(h *header) { h.format = 6 }), []string{"A-law", convert}},
		{"float", with(func(h *header) { h.format, h.bits, h.align, h.perSecond = 3, 32, 4, 64000 }), []string{"floating point", convert}},
		{"ADPCM", with(func(h *header) { h.format = 0x11 }), []string{"IMA ADPCM"}},
		{"format 0x1234", with(func(h *header) { h.format = 0x1234 }), []string{"format 0x1234"}},
		{"8 kHz", with(func(h *header) { h.rate, h.perSecond = 8000, 16000 }), []string{"8000 samples a second", convert}},
		{"44.1 kHz", with(func(h *header) { h.rate = 44100 }), []string{"44100 samples a second"}},
		{"stereo", with(func(h *header) { h.channels, h.align, h.perSecond = 2, 4, 64000 }), []string{"2 channels", convert}},
		{"no channel", with(func(h *header) { h.channels = 0 }), []string{"0 channels"}},
		{"24 bit", with(func(h *header) { h.bits, h.align, h.perSecond = 24, 3, 48000 }), []string{"24 bits a sample", convert}},
		{"8 bit", with(func(h *header) { h.bits, h.align, h.perSecond = 8, 1, 16000 }), []string{"8 bits a sample"}},
		{"extensible float", with(func(h *header) { h.format, h.extra = 0xFFFE, extensible(16, 3) }), []string{"floating point"}},
		{"extensible µ-law", with(func(h *header) { h.format, h.extra = 0xFFFE, extensible(16, 7) }), []string{"µ-law"}},
		{"extensible 12 of 16 bits", with(func(h *header) { h.format, h.extra = 0xFFFE, extensible(12, 1) }), []string{"only 12 of 16 bits"}},
		{"extensible 24 bit", with(func(h *header) { h.format, h.bits, h.align, h.extra = 0xFFFE, 24, 3, extensible(24, 1) }), []string{"24 bits a sample"}},
		{"extensible of another GUID", with(func(h *header) { h.format, h.extra = 0xFFFE, append(extensible(16, 1)[:22], 1, 2) }), []string{"unknown way"}},
		{"extensible cut short", with(func(h *header) { h.format, h.extra = 0xFFFE, extensible(16, 1)[:10] }), []string{"cut short"}},
		{"block align lies", with(func(h *header) { h.align = 4 }), []string{"4 bytes a sample frame"}},
		{"byte rate lies", with(func(h *header) { h.perSecond = 16000 }), []string{"16000 bytes a second"}},
		{"truncated", good[:len(good)-100], []string{"says that the file has 3244 bytes, but it has 3144"}},
		{"longer than its header", append(bytes.Clone(good), 1, 2, 3, 4), []string{"but it has 3248"}},
		{"data length too large", patched(40, 0xff, 0xff, 0, 0), []string{"cut short", `"data" part should have 65535 bytes and has 3200`}},
		{"data length of a stream", patched(40, 0xff, 0xff, 0xff, 0xff), []string{"cut short", "--ignore-length"}},
		{"data length too small", patched(40, 0x00, 0x02, 0, 0), []string{"2688 bytes that belong to no part"}},
		{"RIFF length of a stream", patched(4, 0xff, 0xff, 0xff, 0xff), []string{"4294967303 bytes"}},
		{"fmt length too large", patched(16, 0xff, 0xff, 0xff, 0x7f), []string{`"fmt " part should have`}},
		{"fmt too short", riff(chunk("fmt ", make([]byte, 14)), sound(10)), []string{"at least 16"}},
		{"no data", riff(plain().chunk()), []string{`"data" part is missing`}},
		{"no fmt", riff(sound(10)), []string{"wrong place"}},
		{"data before fmt", riff(sound(10), plain().chunk()), []string{"wrong place"}},
		{"two fmt", riff(plain().chunk(), plain().chunk(), sound(10)), []string{"twice"}},
		{"two data", riff(plain().chunk(), sound(10), sound(10)), []string{"twice"}},
		{"no sound", riff(plain().chunk(), sound(0)), []string{"is empty"}},
		{"half a sample", riff(plain().chunk(), chunk("data", make([]byte, 3))), []string{"middle of a sample"}},
		{"stray bytes", riff(plain().chunk(), sound(10), []byte("LIST")), []string{"4 stray bytes"}},
		{"too long", riff(plain().chunk(), sound(600*16000+1)), []string{"10m0", "split it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prompt.CheckWAV(tt.wav)
			if err == nil {
				t.Fatal("CheckWAV accepted the file")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v\nwant %q in it", err, want)
				}
			}
			if _, err := prompt.DecodeWAV(tt.wav); err == nil {
				t.Error("DecodeWAV accepted the file")
			}
			if _, err := prompt.Join(good, tt.wav); err == nil || !strings.Contains(err.Error(), "part 2 of 2") {
				t.Errorf("Join error = %v, want one that names the part", err)
			}
		})
	}
}

// No proper prefix of a file is a file.
func TestCheckWAVRefusesEveryTruncation(t *testing.T) {
	wav := riff(plain().chunk(), chunk("LIST", []byte("some text")), sound(20))
	for n := range wav {
		if _, err := prompt.CheckWAV(wav[:n]); err == nil {
			t.Errorf("CheckWAV accepted the first %d of %d bytes", n, len(wav))
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	want := []int16{0, 1, -1, 256, -257, 32767, -32768}
	wav := prompt.EncodeWAV(want)
	if len(wav) != 44+2*len(want) {
		t.Errorf("EncodeWAV made %d bytes, want %d", len(wav), 44+2*len(want))
	}
	if got, err := prompt.DecodeWAV(wav); err != nil || !slices.Equal(got, want) {
		t.Errorf("DecodeWAV = %v, %v, want %v", got, err, want)
	}
	if _, err := prompt.CheckWAV(prompt.EncodeWAV(nil)); err == nil {
		t.Error("CheckWAV accepted a file without samples")
	}
}

func TestJoin(t *testing.T) {
	a, b := prompt.EncodeWAV([]int16{1, 2}), riff(chunk("LIST", []byte("odd")), plain().chunk(), chunk("data", []byte{3, 0}))
	got, err := prompt.Join(a, b, a)
	if want := prompt.EncodeWAV([]int16{1, 2, 3, 1, 2}); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Join = %v, %v, want %v", got, err, want)
	}
	if _, err := prompt.Join(); err == nil {
		t.Error("Join of nothing gave no error")
	}
	long := prompt.Silence(6 * time.Minute)
	if _, err := prompt.Join(long, long); err == nil || !strings.Contains(err.Error(), "12m0s") {
		t.Errorf("Join of 12 minutes: error = %v, want one that names the length", err)
	}
}

func TestHash(t *testing.T) {
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of the standard's example
	if got := prompt.Hash([]byte("abc")); got != want {
		t.Errorf("Hash = %s, want %s", got, want)
	}
}

// FuzzCheckWAV: whatever the bytes, there is a verdict without a panic; what
// is accepted decodes to as many samples as the verdict says and survives
// joining.
func FuzzCheckWAV(f *testing.F) {
	extended := plain()
	extended.format, extended.extra = 0xFFFE, extensible(16, 1)
	f.Add(riff(plain().chunk(), sound(10)))
	f.Add(riff(extended.chunk(), chunk("LIST", []byte("odd")), sound(10)))
	f.Add(riff(plain().chunk(), chunk("data", []byte{1, 2, 3})))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff"))
	f.Add([]byte("ID3"))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := prompt.CheckWAV(data)
		pcm, decodeErr := prompt.DecodeWAV(data)
		if (err == nil) != (decodeErr == nil) {
			t.Fatalf("CheckWAV says %v, DecodeWAV %v", err, decodeErr)
		}
		if err != nil {
			return
		}
		if info.Samples != len(pcm) || info.Samples < 1 || info.Length > prompt.MaxLength {
			t.Errorf("info %+v, but %d samples", info, len(pcm))
		}
		joined, err := prompt.Join(data, data)
		if err != nil {
			t.Fatalf("Join: %v", err)
		}
		if twice, err := prompt.CheckWAV(joined); err != nil || twice.Samples != 2*info.Samples {
			t.Errorf("joined with itself: %+v, %v, want %d samples", twice, err, 2*info.Samples)
		}
	})
}

func BenchmarkCheckWAV(b *testing.B) {
	wav := prompt.Silence(10 * time.Second)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prompt.CheckWAV(wav); err != nil {
			b.Fatal(err)
		}
	}
}
