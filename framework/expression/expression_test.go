package expression_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

// env is the environment of a flow with a variable of each kind.
func env() expression.Env {
	text, number := expression.Type{Kind: expression.KindString}, expression.Type{Kind: expression.KindNumber}
	return expression.Env{
		"account": text, "pin": text, "balance": text,
		"tries": number, "amount": number,
		"vip":      {Kind: expression.KindBool},
		"options":  {Kind: expression.KindList},
		"others":   {Kind: expression.KindList},
		"customer": {Kind: expression.KindMap},
		"anything": {Kind: expression.KindAny},
		"now":      text,
		"call": {Kind: expression.KindMap, Fields: map[string]expression.Type{
			"id": text, "caller": text, "called": text, "locale": text, "direction": text,
		}},
		"result": {Kind: expression.KindMap, Fields: map[string]expression.Type{
			"outcome": text, "code": number, "reason": text, "keys": text, "tries": number,
		}},
		"config": {Kind: expression.KindMap, Fields: map[string]expression.Type{"service_desk": text}},
	}
}

// vars are values for env; "pin" and call.caller are unset.
func vars() map[string]any {
	return map[string]any{
		"account": "12345674", "balance": "1234.50 GBP", "tries": 2.0, "amount": 0.05, "vip": true,
		"options":  []any{"red", "green", "blue"},
		"others":   []any{1.0, 2.0},
		"customer": map[string]any{"name": "Ann", "level": 3.0},
		"now":      "2026-11-23T10:00:00Z",
		"call": map[string]any{
			"id": "c1", "caller": nil, "called": "+442071838750", "locale": "en-GB", "direction": "incoming",
		},
		"result": map[string]any{"outcome": "failed", "code": 404.0, "reason": "not_found", "keys": "1", "tries": 1.0},
		"config": map[string]any{"service_desk": "5f0c7c7e-0000-4000-8000-000000000001"},
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		src  string
		want bool
	}{
		{`tries > 2`, false},
		{`tries >= 2 && vip`, true},
		{`account == "12345674"`, true},
		{`account startsWith "1234" and not (account endsWith "0")`, true},
		{`len(account) == 8`, true},
		{`account matches "^[0-9]{8}$"`, true},
		{`call.called in ["+442071838750", "+4989123456"]`, true},
		{`call.called contains "7183"`, true},
		{`result.outcome == "failed" && result.code == 404`, true},
		{`result.reason in ["busy", "no_answer"] || result.tries < 3`, true},
		{`has(pin)`, false},
		{`has(pin) && len(pin) > 4`, false},
		{`has(call.caller) && call.caller startsWith "+44"`, false},
		{`!has(call.caller) || call.caller == "+441"`, true},
		{`(pin ?? "0000") == "0000"`, true},
		{`customer.level == 3`, true},
		{`has(customer.phone)`, false},
		{`has(customer.address.city)`, false},
		{`any(options, # == "red")`, true},
		{`all(others, # > 0) && none(others, # > 2)`, true},
		{`one(options, # startsWith "g")`, true},
		{`count(options, len(#) > 3) == 2`, true},
		{`"blue" in options`, true},
		{`2 in others`, true},
		{`tries in [1, 2, 3]`, true},
		{`1 <= tries <= 3`, true},
		{`int(tries) % 2 == 0`, true},
		{`int(account) > 12000000`, true},
		{`float("1.5") + amount > 1.54`, true},
		{`string(tries) == "2"`, true},
		{`upper(trim(call.locale)) == "EN-GB"`, true},
		{`lower(call.direction) == 'incoming'`, true},
		{`now > "2026-11-23T09:59:59Z"`, true},
		{`vip ? tries < 3 : false`, true},
		{`tries + 1 == 3 and tries * 2 == 4 and tries / 4 == 0.5 and -tries < 0`, true},
		{`account[0:4] == "1234" && account[4:] == "5674"`, true},
		{`account | trim() | upper() == "12345674"`, true},
		{`options[0] == "red"`, true},
		{`anything == nil`, true},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			e, err := expression.Compile(tt.src, env(), expression.KindBool)
			if err != nil {
				t.Fatalf("Compile: %v", err)
			}
			if e.Source() != tt.src {
				t.Errorf("Source() = %q, want %q", e.Source(), tt.src)
			}
			if got, err := e.Bool(vars()); err != nil || got != tt.want {
				t.Errorf("Bool() = %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}
