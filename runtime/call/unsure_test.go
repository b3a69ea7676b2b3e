package call_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ivrflow/ivrflow/framework/engine"
	"github.com/ivrflow/ivrflow/framework/ivr"
	"github.com/ivrflow/ivrflow/runtime/call"
)

// unsure is a store that writes its first change, and does not know it.
type unsure struct {
	call.Store
	said bool
	late int // so many requests for a session that were given up come through behind the next ones
}

func (u *unsure) Take(ctx context.Context, id ivr.SessionID) (call.Record, error) {
	rec, err := u.Store.Take(ctx, id)
	if u.late > 0 && err == nil {
		u.late--
		_, err = u.Store.Take(ctx, id)
	}
	return rec, err
}

func (u *unsure) Commit(ctx context.Context, c *call.Change) error {
	err := u.Store.Commit(ctx, c)
	if !u.said && err == nil {
		u.said = true
		return call.ErrUncertain
	}
	return err
}

// The first write of a call is stored, and nobody knows: the callback is refused.
// The call is answered all the same, whether the callback comes again or not;
// also if a request for it that was given up before takes it away once more.
func TestFirstWriteUncertain(t *testing.T) {
	for _, tt := range []struct {
		again bool
		late  int
	}{{}, {again: true}, {late: 1}, {late: 3}, {again: true, late: 2}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCluster(t, menuFlow)
			a := c.node(t, &platform{}, func(s call.Store) call.Store { return &unsure{Store: s, late: tt.late} })
			defer a.Close()
			begin := func(id ivr.SessionID) error {
				_, err := a.Begin(t.Context(), engine.New(id, c.flows[0], nil), c.flows[0],
					ivr.CallIncoming{Head: ivr.Head{At: time.Now()}, Call: "call-s"})
				return err
			}
			if err := begin("s"); !errors.Is(err, call.ErrUncertain) {
				t.Fatalf("it began: %v", err)
			}
			if tt.again {
				if err := begin("s2"); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if got := a.p.names(); !slices.Equal(got, []string{"Answer", "ReadCall"}) {
				t.Errorf("%+v: sent %v, want that the call is answered, and then read", tt, got)
			}
		})
	}
}
