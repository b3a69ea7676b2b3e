package audio

import (
	"bytes"
	"path"
	"strings"
)

// open finds out what a file is, by its first bytes or, where it has no
// header, by its name.
func open(name string, data []byte, limits Limits) (source, error) {
	switch {
	case len(data) == 0:
		return nil, damaged("it is empty")
	case isWAV(data):
		return openWAV(data, limits.Stream)
	case isFLAC(data):
		return openFLAC(data)
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".ul", ".ulaw", ".mulaw", ".pcmu":
		return newG711(data, 1, telephoneRate, muLaw), nil
	case ".al", ".alaw", ".pcma":
		return newG711(data, 1, telephoneRate, aLaw), nil
	}
	if isMP3(data) {
		return openMP3(data)
	}
	return nil, unsupported("this is %s", guess(data))
}

// telephoneRate is that of G.711 without a header.
const telephoneRate = 8000

// guess names the form of a file that is not read.
func guess(data []byte) string {
	for _, known := range [...]struct{ magic, name string }{
		{"OggS", "Ogg"}, {"FORM", "AIFF"}, {".snd", "an AU file"}, {"RIFX", "a big-endian RIFX file"},
		{"RF64", "an RF64 file"}, {"RIFF", "a RIFF file of another kind"}, {"\x1aE\xdf\xa3", "Matroska or WebM"},
		{"#!AMR", "AMR"}, {"ADIF", "AAC"}, {"\xff\xf1", "AAC"}, {"\xff\xf9", "AAC"}, {"0&\xb2u", "Windows Media"},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.name
		}
	}
	if len(data) > 8 && string(data[4:8]) == "ftyp" {
		return "MP4"
	}
	return "something unknown"
}
