package testkit_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/testkit"
)

func TestRun(t *testing.T) {
	for _, file := range []string{
		"testdata/bank_balance/bank_balance.ivr.yaml",
		"testdata/frontdesk/frontdesk.ivr.yaml",
		"testdata/frontdesk/door.ivr-test.yaml",
		"testdata/web/web.ivr.yaml",
	} {
		testkit.Run(t, file)
	}
}
