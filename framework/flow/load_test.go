package flow_test

import (
	"os"
	"testing"

	"github.com/ivrflow/ivrflow/framework/flow"
)

// The flow of the language's first page loads without a finding.
func TestLoadBankBalance(t *testing.T) {
	f, list, err := flow.Load(os.DirFS("testdata/ok/bank_balance"), "bank_balance.ivr.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) > 0 {
		t.Errorf("findings:\n%s", list)
	}
	if f == nil {
		t.Fatal("no flow")
	}
	if got, want := len(f.Steps), 20; got != want {
		t.Errorf("%d steps, want %d", got, want)
	}
}
