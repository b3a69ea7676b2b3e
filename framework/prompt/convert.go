package prompt

import (
	"github.com/ivrflow/ivrflow/framework/prompt/audio"
)

// Convert makes a WAV file that the platform can play of sound that another
// program wrote: all that [Import] reads, and WAV files whose lengths were not
// known when their headers were written. A file that is right already comes
// back as it is.
func Convert(data []byte) ([]byte, error) {
	if _, err := CheckWAV(data); err == nil {
		return data, nil
	}
	return decode("", data, audio.Limits{Length: MaxLength, Stream: true})
}

// Import makes a WAV file that the platform can play, with the plain header,
// of an author's file: WAV (PCM, floating point, A-law, µ-law), FLAC, MP3, and
// G.711 without a header, which the name's extension tells (.ul, .ulaw, .al,
// .alaw). Channels are mixed; n samples at another rate become n*16000/rate,
// rounded up. An error of a file that another program may read wraps
// [ErrUnsupported].
func Import(name string, data []byte) ([]byte, error) {
	if _, err := CheckWAV(data); err == nil {
		return Join(data)
	}
	return decode(name, data, audio.Limits{Length: MaxLength})
}

// ErrUnsupported marks files that [Import] does not read.
var ErrUnsupported = audio.ErrUnsupported

func decode(name string, data []byte, limits audio.Limits) ([]byte, error) {
	pcm, err := audio.Decode(name, data, limits)
	if err != nil {
		return nil, err
	}
	return EncodeWAV(pcm), nil
}
