package expression_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// FuzzCompile: whatever is written, it is refused at a place within it or
// evaluates to a small value, soon, without a panic.
func FuzzCompile(f *testing.F) {
	for _, h := range hostile() {
		if len(h.src) < 2000 {
			f.Add(h.src)
		}
	}
	for _, src := range []string{
		`tries > 2 && vip`, `has(pin) ? pin : "x"`, `any(options, # matches "^r.d$")`, `account[0:4] in ["1234"]`,
		"a ${tries} b ${`}`}", `$${x} ${{"a": 1}.a}`, `1 <= tries <= 5`, `int(account) % 7 == 0`, `customer?.name ?? "x"`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		took := time.Hour // the shortest of some tries: the machine may be busy
		for try := 0; try < 10 && took > 2*time.Second; try++ {
			start := time.Now()
			exercise(t, src)
			took = min(took, time.Since(start))
		}
		if took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// exercise compiles a text as an expression and as a template, and evaluates
// what is one.
func exercise(t *testing.T, src string) {
	t.Helper()
	e, err := expression.Compile(src, env(), expression.KindAny)
	checkPlace(t, src, err)
	if err == nil {
		checkValue(t, e)
	}
	tpl, err := expression.ParseTemplate(src, env())
	checkPlace(t, src, err)
	if err == nil {
		_, _ = tpl.Text(vars())
	}
}

func checkPlace(t *testing.T, src string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	fault, ok := errors.AsType[*expression.Error](err)
	if !ok {
		t.Fatalf("error is a %T: %v", err, err)
	}
	lines := strings.Split(src, "\n")
	if fault.Line < 1 || fault.Line > len(lines) || fault.Col < 0 || fault.Col > utf8.RuneCountInString(lines[fault.Line-1]) {
		t.Errorf("place %d:%d lies outside the text", fault.Line, fault.Col)
	}
	if fault.Message == "" || strings.Contains(fault.Message, "goroutine ") {
		t.Errorf("message is not fit to be read: %q", fault.Message)
	}
}

func checkValue(t *testing.T, e *expression.Expr) {
	t.Helper()
	for _, v := range []map[string]any{vars(), {}, nil} {
		value, err := e.Eval(v)
		if err != nil {
			continue
		}
		if text, err := expression.Text(value); err == nil && len(text) > 4<<10 {
			t.Errorf("the value has %d bytes", len(text))
		}
	}
}

// Many goroutines share one expression and one set of variables; the race
// detector watches.
func TestConcurrentUse(t *testing.T) {
	e, err := expression.Compile(`any(options, # == "blue") && account matches "^[0-9]+$" && customer.level == 3`, env(), expression.KindBool)
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := expression.ParseTemplate(`${account}: ${tries + 1}`, env())
	if err != nil {
		t.Fatal(err)
	}
	shared := vars()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if ok, err := e.Bool(shared); !ok || err != nil {
					t.Errorf("Bool() = %v, %v", ok, err)
				}
				if got, err := tpl.Text(shared); got != "12345674: 3" || err != nil {
					t.Errorf("Text() = %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}
