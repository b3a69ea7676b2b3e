package expression_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestErrorsNamePlaceCauseAndMend(t *testing.T) {
	tests := []struct {
		src       string
		want      expression.Kind
		line, col int
		message   string
	}{
		{`acount == "1"`, 0, 1, 0, `unknown name "acount"; did you mean "account"?`},
		{"vip &&\n  acount == \"1\"", 0, 2, 2, `unknown name "acount"; did you mean "account"?`},
		{`"ä" == acount`, 0, 1, 7, `unknown name "acount"; did you mean "account"?`},
		{`call.callr == "1"`, 0, 1, 5, `unknown field "callr"; did you mean "caller"?`},
		{`zzzz`, 0, 1, 0, `unknown name "zzzz"`},
		{`lenght(account)`, 0, 1, 0, `function "lenght" is not available; there are len, upper`},
		{`uper(account)`, 0, 1, 0, `function "uper" is not available; did you mean "upper"?`},
		{`tries = 3`, 0, 1, 6, `= stands here where == is needed`},
		{`tries == 3 & vip`, 0, 1, 11, `& stands here where && is needed`},
		{`tries ==`, 0, 1, 7, `the expression ends too early`},
		{`(tries`, 0, 1, 5, `the expression ends too early`},
		{`tries)`, 0, 1, 5, `")" does not belong here`},
		{`account > 3`, 0, 1, 8, `> does not work between a text and a number; write quotes around the number, or float(...) around the text`},
		{`tries > "3"`, 0, 1, 6, `> does not work between a number and a text; write float(...) around the text, or string(...) around the number`},
		{`account + 1`, 0, 1, 8, `+ does not work between a text and a number; write string(...) around the number`},
		{`tries % 2`, 0, 1, 6, `% does not work between a number and a number; write int(...) around numbers`},
		{`"a" in account`, 0, 1, 4, `in does not work between a text and a text; write contains, the other way round`},
		{`call == 1`, 0, 1, 5, `== does not work between a map and a number`},
		{`!account`, 0, 1, 0, `! does not work on a text`},
		{`tries in ["a"]`, 0, 1, 6, `a number is never in a list of texts`},
		{`upper(tries)`, 0, 1, 6, `upper takes a text, not a number`},
		{`len(tries)`, 0, 1, 0, `len takes a text, a list or a map, not a number`},
		{`any(account, true)`, 0, 1, 4, `any takes a list, not a text`},
		{`any(options, len(#))`, 0, 1, 13, `this is a number where a condition (true or false) about # is needed`},
		{`tries ? 1 : 2`, 0, 1, 0, `before ? stands a number where a condition (true or false) is needed`},
		{`options[tries]`, 0, 1, 8, `a number does not number a list's elements; write int(...), counted from 0`},
		{`account[0]`, 0, 1, 7, `a text has no elements; a part of it is account[0:4]`},
		{`account[:tries]`, 0, 1, 9, `a part is cut out by whole numbers; write int(...) around them`},
		{`account.x`, 0, 1, 8, `a text has no field "x"`},
		{`account ?? tries + 1`, 0, 1, 17, `+ and ?? need parentheses: (x ?? 0) + 1`},
		{`1a`, 0, 1, 1, `this is not a number`},
		{`tries`, expression.KindBool, 1, 0, `this is a number where a condition (true or false) is needed; compare it with something`},
		{`tries`, expression.KindString, 1, 0, `this is a number where a text is needed; write string(...) around it`},
		{`account`, expression.KindNumber, 1, 0, `this is a text where a number is needed; write float(...) around it`},
		{`account`, expression.KindList, 1, 0, `this is a text where a list is needed`},
		{`options`, expression.KindMap, 1, 0, `this is a list where a map is needed`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			_, err := expression.Compile(tt.src, env(), tt.want)
			fault, ok := errors.AsType[*expression.Error](err)
			if !ok {
				t.Fatalf("Compile error = %v, want an *Error", err)
			}
			if fault.Line != tt.line || fault.Col != tt.col || !strings.HasPrefix(fault.Message, tt.message) {
				t.Errorf("got  %d:%d %s\nwant %d:%d %s", fault.Line, fault.Col, fault.Message, tt.line, tt.col, tt.message)
			}
			if want := fmt.Sprintf("%d:%d: ", tt.line, tt.col+1); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("Error() = %q, want %q in front", err, want)
			}
		})
	}
}

// A function's name hides nothing: the variable wins, and calling it says so.
func TestVariableNamedLikeAFunction(t *testing.T) {
	e := expression.Env{"count": {Kind: expression.KindNumber}}
	if _, err := expression.Compile("count > 1", e, expression.KindBool); err != nil {
		t.Errorf("count > 1: %v", err)
	}
	_, err := expression.Compile("count([1]) > 1", e, expression.KindBool)
	if err == nil || !strings.Contains(err.Error(), "rename the variable") {
		t.Errorf("count([1]): error = %v, want one that says to rename", err)
	}
	for name, want := range map[string]bool{
		"count": true, "has": true, "in": true, "matches": true, "nil": true, "let": true, "if": true, "trim": true,
		"account": false, "call": false, "filter": false, "on": false,
	} {
		if got := expression.Reserved(name); got != want {
			t.Errorf("Reserved(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestRunTimeErrorsNameTheUnsetVariableAndNoValue(t *testing.T) {
	v := vars()
	v["account"], v["pin"], v["tries"] = "s3cr3t", nil, nil
	tests := []struct{ src, want string }{
		{`len(pin) > 3`, `"pin" is not set; guard it with has(pin)`},
		{`tries > 3`, `"tries" is not set`},
		{`call.caller == "+441"`, `"call.caller" is not set`},
		{`int(account) > 1`, "the text is not a number"},
		{`float(account) > 1`, "the text is not a number"},
		{`customer[account].x == 1`, "the values do not fit"},
		{`customer.name[account] == "a"`, "invalid operation: int(string)"},
		{`options[5] == "a"`, "index out of range"},
		{`any(options, # > 3)`, "invalid operation: string > int"},
		{`anything && vip`, `"anything" is not set`},
		{`customer.level`, "the value is a number where a condition (true or false) is needed"},
		{`anything`, `"anything" is not set`},
		{`customer.name + 1 > 2`, "invalid operation: string + int"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			e, err := expression.Compile(tt.src, env(), expression.KindBool)
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Bool(v)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Bool error = %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), fmt.Sprintf("%q", tt.src)) {
				t.Errorf("Bool error = %v, want the expression and no value in it", err)
			}
		})
	}
}
