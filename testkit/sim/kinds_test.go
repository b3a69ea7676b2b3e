package sim_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit/sim"
)

// TestKinds: the table has all faults of the failure model, and each is brought
// about here or proved elsewhere.
func TestKinds(t *testing.T) {
	for i, k := range sim.Kinds() {
		if k.Number != i+1 {
			t.Errorf("row %d has fault %d (%s)", i+1, k.Number, k.Name)
		}
		here := len(k.Strikes) > 0 && k.P > 0 || k.At != "" || k.Do != nil
		if here == (k.Elsewhere != "") {
			t.Errorf("fault %d (%s): brought about here: %t, proved elsewhere: %q", k.Number, k.Name, here, k.Elsewhere)
		}
	}
	if n := len(sim.Kinds()); n != 78 {
		t.Errorf("%d faults, want 78", n)
	}
}
