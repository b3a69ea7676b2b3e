package graphsim

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

// chance is the simulator's only source of randomness.
type chance struct{ rand *rand.Rand }

func newChance(seed uint64) chance {
	return chance{rand.New(rand.NewPCG(seed, 0x6772617068))}
}

// guid is a new id, in lower case with dashes.
func (c chance) guid() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(c.rand.Uint32())
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := make([]byte, 0, 36)
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}

func (c chance) happens(p float64) bool { return p >= 1 || c.rand.Float64() < p }

// spell writes an id as the URLs of a call's notifications do.
func spell(id string, upper bool) string {
	if upper {
		return strings.ToUpper(strings.ReplaceAll(id, "-", ""))
	}
	return id
}
