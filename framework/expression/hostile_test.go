package expression_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// hostile maps expressions that must be refused to a part of the reason.
func hostile() []struct{ src, want string } {
	nest := func(n int, open, middle, shut string) string {
		return strings.Repeat(open, n) + middle + strings.Repeat(shut, n)
	}
	return []struct{ src, want string }{
		// Too large for the parser.
		{nest(600_000, "(", "1", ")"), "bytes long"},
		{nest(400, "(", "1", ")"), "nested more than"},
		{nest(400, "[", "1", "]"), "nested more than"},
		{nest(100, "{a:", "1", "}"), "nested more than"},
		{strings.Repeat("(", 1000), "nested more than"},
		{nest(17, "(", "1", ")"), "nested more than"},
		{`"` + strings.Repeat("a", 2000) + `"`, "bytes long"},
		{strings.Repeat("!", 1000) + "vip", "more than 200 parts"},
		{strings.Repeat("-", 1000) + "1", "more than 200 parts"},
		{strings.Repeat("vip&&", 200) + "vip", "more than 200 parts"},
		{strings.Repeat("1,", 300), "does not belong"},
		{"[" + strings.Repeat("1,", 300) + "1]", "more than 200 parts"},
		{strings.Repeat("vip?1:", 120) + "1", "more than 200 parts"},
		{"customer" + strings.Repeat(".a", 300), "more than 200 parts"},
		{"tries" + strings.Repeat("<1", 300), "more than 200 parts"},
		// Exponential for the library's type checker.
		{nest(15, "1<(", "1", ")<1"), "middle"},
		{"vip && " + nest(14, "tries<(", "tries", ")<tries"), "middle"},
		{nest(15, "(", "true", "?:true)"), "middle part"},
		{nest(15, "trim(", "1", ",account)"), ""},
		{nest(15, "int(", "account+1", ")"), "+ does not work"},
		// Without a bound on time or memory.
		{`reduce(1..30, #acc + #acc, "a")`, "not available"},
		{`replace(repeat("a", 900000), "a", repeat("b", 1000))`, "not available"},
		{`repeat("a", 1000000000)`, "not available"},
		{`join(map(1..1000, "aaaaaaaaaaaaaaa"), "b")`, "not available"},
		{`1..1000000000`, "ranges"},
		{`len(1..1000000)`, "ranges"},
		{`2 ** 100000`, "powers"},
		{`2 ^ 100000`, "powers"},
		{`any(options, any(options, any(options, any(options, all(options, # != "")))))`, "inside a condition"},
		{`any(options, # in others)`, "inside a condition over a list"},
		{`any(options, options == others)`, "inside a condition over a list"},
		{`any(options, customer == anything)`, "inside a condition over a list"},
		{`any(options, customer.list == #)`, "inside a condition over a list"},
		{`account` + strings.Repeat("+account", 17), "more than 16 +"},
		{`account matches "((a{1,30}){1,30}){1,30}"`, "pattern"},
		{`account matches "(a?){999}"`, "pattern is too large"},
		{`account matches "\\pL{900}\\pL{900}"`, "pattern is too large"},
		{`account matches account`, "written out in quotes"},
		{`account matches ("(a" + "+)+")`, "written out in quotes"},
		{`account matches "["`, "not valid"},
		// Beyond the flow's rights, or not one expression.
		{`$env`, "$env"},
		{`$env.account`, "$env"},
		{`$env["account"]`, "$env"},
		{`any(options, $env == #)`, "$env"},
		{`let x = 1; x + 1`, "let"},
		{`account; pin`, "one value"},
		{`if vip { 1 } else { 2 }`, "does not belong"},
		{`filter(options, true)`, "not available"},
		{`map(options, #)`, "not available"},
		{`options | filter(true)`, "not available"},
		{`options | groupBy(#)`, "not available"},
		{`::filter(options, true)`, "not available"},
		{`sum(others)`, "not available"},
		{`sort(options)`, "not available"},
		{`toJSON(customer)`, "not available"},
		{`fromJSON("{}")`, "not available"},
		{`now()`, "not available"},
		{`date("2026-01-01")`, "not available"},
		{`duration("1h")`, "not available"},
		{`type(account)`, "not available"},
		{`get(customer, "name")`, "not available"},
		{`customer.name()`, "only functions"},
		{`account.String()`, "only functions"},
		{`call.id.Len()`, "only functions"},
		{`any(options, #index > 0)`, "#index"},
		{`any(options, #acc)`, "#acc"},
		{`b"bytes"`, "byte texts"},
		{`99999999999999999`, "too large"},
		{`account == nil // always`, "comments"},
		{`account /* x */ == nil`, "comments"},
		{`has("account")`, "one name"},
		{`has(account, pin)`, "one name"},
		{`has()`, "one name"},
		{`has(tries + 1)`, "one name"},
		{`has`, "is a function"},
		{`len`, "is a function"},
		{"account == \"\xff\"", "UTF-8"},
		{"account == \x00", ""},
		{`"unfinished`, "does not end"},
		{``, "empty"},
		{" \n\t ", "empty"},
	}
}

// The least of three measurements counts: the machine may be busy.
func TestHostileExpressionsAreRefusedAtOnce(t *testing.T) {
	const most, room = 50 * time.Millisecond, 8 << 20
	for _, tt := range hostile() {
		t.Run(fmt.Sprintf("%.40q", tt.src), func(t *testing.T) {
			took, memory := time.Hour, uint64(0)
			for range 3 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				_, err := expression.Compile(tt.src, env(), expression.KindAny)
				took = min(took, time.Since(start))
				runtime.ReadMemStats(&after)
				memory = after.TotalAlloc - before.TotalAlloc
				checkRefusal(t, tt.src, err, tt.want)
			}
			if took > most || memory > room {
				t.Errorf("took %v and %d bytes, want at most %v and %d", took, memory, most, room)
			}
		})
	}
}

func checkRefusal(t *testing.T, src string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("Compile accepted it, want a refusal with %q", want)
	}
	fault, ok := errors.AsType[*expression.Error](err)
	switch {
	case !ok:
		t.Fatalf("error is a %T, want *expression.Error", err)
	case !strings.Contains(fault.Message, want):
		t.Fatalf("refused with %q, want %q in it", fault.Message, want)
	case fault.Line != 1 && !strings.Contains(src, "\n") || fault.Col < 0 || fault.Col > len(src):
		t.Fatalf("refused at %d:%d, which lies outside the expression", fault.Line, fault.Col)
	}
	if len(fault.Message) > 300 || strings.Contains(fault.Message, "goroutine") {
		t.Fatalf("message is not fit to be read: %.300q", fault.Message)
	}
}

// What is accepted is bounded too, with the largest values that it may read.
func TestAcceptedExpressionsAreBounded(t *testing.T) {
	long := strings.Repeat("a", 60<<10)
	list := make([]any, 1000)
	for i := range list {
		list[i] = strings.Repeat("b", 60)
	}
	tests := []string{
		`any(options, # matches "^(a?){100}c$")`,
		`account matches "(a?){120}(a*)*c$"`,
		strings.TrimSuffix(strings.Repeat(`none(options, # contains "aaaaac")&&`, 25), "&&"),
		`len(` + strings.TrimSuffix(strings.Repeat("account+", 17), "+") + `) > 0`,
		strings.TrimSuffix(strings.Repeat(`"c" in options||`, 40), "||"),
	}
	for _, src := range tests {
		t.Run(fmt.Sprintf("%.40q", src), func(t *testing.T) {
			e, err := expression.Compile(src, env(), expression.KindBool)
			if err != nil {
				t.Fatal(err)
			}
			took := time.Hour
			for try := 0; try < 20 && took > slowdown*time.Second; try++ { // the machine may be busy
				start := time.Now()
				for _, v := range []map[string]any{{"account": long, "options": []any{}}, {"options": list, "account": ""}} {
					if _, err := e.Bool(v); err != nil {
						t.Fatal(err)
					}
				}
				took = min(took, time.Since(start))
			}
			if took > slowdown*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestLargeValuesAreRefused(t *testing.T) {
	deep := any("x")
	for range 20 {
		deep = []any{deep}
	}
	tests := []struct {
		name, src, want string
		vars            map[string]any
	}{
		{"long text", `account == ""`, "too long", map[string]any{"account": strings.Repeat("a", 65<<10)}},
		{"long list", `len(options) > 1`, "too large", map[string]any{"options": make([]any, 1001)}},
		{"deep list", `len(options) > 1`, "too large", map[string]any{"options": []any{deep}}},
		{"long result", `account + account`, "too long", map[string]any{"account": strings.Repeat("a", 3000)}},
		{"struct", `anything == 1`, "time.Time", map[string]any{"anything": time.Now()}},
		{"method", `anything == 1`, "time.Duration", map[string]any{"anything": time.Second}},
		{"pointer", `anything == 1`, "*int", map[string]any{"anything": new(int)}},
		{"function", `anything == 1`, "func()", map[string]any{"anything": func() {}}},
		{"channel in a list", `len(options) > 0`, "chan int", map[string]any{"options": []any{make(chan int)}}},
		{"other map", `anything == 1`, "map[int]int", map[string]any{"anything": map[int]int{}}},
		{"infinite", `tries / 0`, "not a finite number", map[string]any{"tries": 1.0}},
		{"zero", `1 % 0`, "division by 0", nil},
		{"zero at run time", `int(tries) % 0`, "divide by zero", map[string]any{"tries": 1.0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := expression.Compile(tt.src, env(), expression.KindAny)
			if err == nil {
				_, err = e.Eval(tt.vars)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}
