package flows_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/flows"
	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/testkit"
)

func TestDemoHasNoFindings(t *testing.T) {
	f, findings, err := flow.Load(flows.FS, flows.Demo)
	if err != nil || f == nil || len(findings) > 0 {
		t.Fatalf("Load(%s) = %v, error %v, findings:\n%s", flows.Demo, f != nil, err, findings)
	}
	if f.Description == "" {
		t.Errorf("the flow %s has no description", f.Name)
	}
}

func TestDemo(t *testing.T) { testkit.Run(t, "demo/demo.ivr.yaml") }
