package prove

import (
	"context"
	"github.com/ivrflow/ivrflow/framework/flow"
	"os"
	"strconv"
	"testing"
	"testing/fstest"
)

func TestGenOne(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("SEED"))
	if err != nil {
		t.Skip()
	}
	src := generated(uint64(n))
	f, _, _ := flow.Load(fstest.MapFS{"g.ivr.yaml": {Data: []byte(src)}}, "g.ivr.yaml")
	t.Log(src)
	r, _ := Run(context.Background(), f, Options{})
	r.Print(os.Stdout, nil)
}
