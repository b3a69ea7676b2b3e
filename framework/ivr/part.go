package ivr

// Part is one piece of audio in a prompt: a file of the catalogue, a text to
// be spoken, a silence, a recording of this call, or several of these that are
// joined to one file. Exactly one of Audio, Text, Silence, Recording and Joined
// says what is heard; a file with a transcript has Audio and Text, and what is
// joined to speak a value has Joined and Text.
type Part struct {
	Key       string   `json:"key,omitempty"`       // catalogue key, empty for inline prompts
	Text      string   `json:"text,omitempty"`      // what is said, in the words of Locale
	SSML      bool     `json:"ssml,omitempty"`      // Text has marks of SSML
	Audio     string   `json:"audio,omitempty"`     // SHA-256 (hex) of the catalogue's WAV file
	Silence   Duration `json:"silence,omitempty"`   // pure silence
	Recording string   `json:"recording,omitempty"` // id of a recording of this session
	Joined    []Part   `json:"joined,omitempty"`    // joined beforehand; one of them may be joined itself
	Locale    string   `json:"locale,omitempty"`    // BCP 47
	Voice     string   `json:"voice,omitempty"`     // the synthesiser's voice, empty for its default
	Length    Duration `json:"length,omitempty"`    // known for files, estimated for text
	Sensitive bool     `json:"sensitive,omitempty"` // it tells a sensitive value: mask it in every record
	// Words is what several parts in turn say that are one value, in the first
	// of them; the others are marked as Continued.
	Words     string `json:"words,omitempty"`
	Continued bool   `json:"continued,omitempty"`
}

// Heard lists what people take parts for that are played in turn: of those that
// are joined each one, and a value that several speak as one part, with all its
// words and its length. What continues a value that began before is left out.
func Heard(parts []Part) []Part {
	var heard []Part
	for _, p := range parts {
		switch {
		case p.Continued:
			if n := len(heard); n > 0 {
				heard[n-1].Length += p.Length
			}
		case len(p.Joined) > 0 && p.Text == "":
			heard = append(heard, Heard(p.Joined)...)
		case p.Words != "":
			p.Text = p.Words
			heard = append(heard, p)
		default:
			heard = append(heard, p)
		}
	}
	return heard
}
