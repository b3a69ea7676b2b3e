package ivr_test

import (
	"crypto/sha256"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func TestSessionIDFrom(t *testing.T) {
	seen := map[ivr.SessionID]bool{}
	for i := range 256 {
		sum := sha256.Sum256([]byte{byte(i)})
		id := ivr.SessionIDFrom(sum[:])
		if len(id) != 26 || id[0] == '-' || seen[id] {
			t.Errorf("%d: %q", i, id)
		}
		seen[id] = true
	}
}
