package calldoc

// An export of journals is lines of JSON: the [History] of a call, and before the
// first call of a version of a flow a [KeptVersion], with [KeptAudio] before it.

// KeptVersion is a version of a flow.
type KeptVersion struct {
	Version struct {
		Name    string `json:"name"` // the flow's
		Hash    string `json:"hash"` // as calls name it
		Sources []byte `json:"sources"`
	} `json:"kept_version"`
}

// KeptAudio is a WAV file that versions play.
type KeptAudio struct {
	Audio struct {
		Hash string `json:"hash"` // of its content
		WAV  []byte `json:"wav"`
	} `json:"kept_audio"`
}
