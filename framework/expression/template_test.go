package expression_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestTemplates(t *testing.T) {
	tests := []struct {
		src  string
		kind expression.Kind
		want any
	}{
		{``, expression.KindString, ""},
		{`plain`, expression.KindString, "plain"},
		{`${account}`, expression.KindString, "12345674"},
		{`${tries}`, expression.KindNumber, 2.0},
		{`${ tries + 1 }`, expression.KindNumber, 3.0},
		{`${vip}`, expression.KindBool, true},
		{`${options}`, expression.KindList, []any{"red", "green", "blue"}},
		{`${customer}`, expression.KindMap, map[string]any{"name": "Ann", "level": 3.0}},
		{`${pin}`, expression.KindString, nil},
		{`${[1, "a"]}`, expression.KindList, []any{1.0, "a"}},
		{`${customer.level}`, expression.KindAny, 3.0},
		{` ${tries}`, expression.KindString, " 2"},
		{`${tries}${tries}`, expression.KindString, "22"},
		{`You have ${tries} tries, ${customer.name}.`, expression.KindString, "You have 2 tries, Ann."},
		{`${amount} ${tries / 4} ${tries * 1000000} ${-tries}`, expression.KindString, "0.05 0.5 2000000 -2"},
		{`vip: ${vip}, ${!vip}`, expression.KindString, "vip: true, false"},
		{`$${account}`, expression.KindString, "${account}"},
		{`$$${account}`, expression.KindString, "$${account}"},
		{`costs $5 and 5$`, expression.KindString, "costs $5 and 5$"},
		{`$`, expression.KindString, "$"},
		{`a } b { c`, expression.KindString, "a } b { c"},
		{`${"}"}`, expression.KindString, "}"},
		{`${'it\'s }'}!`, expression.KindString, "it's }!"},
		{"${`}{`}", expression.KindString, "}{"},
		{`${{"a": {"b": "deep"}}.a.b}`, expression.KindAny, "deep"},
		{`${any(options, {# == "red"})}`, expression.KindBool, true},
		{`${"${"}`, expression.KindString, "${"},
		{`ä${account}ö`, expression.KindString, "ä12345674ö"},
		{`${has(pin) ? pin : "none"}`, expression.KindString, "none"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			tpl, err := expression.ParseTemplate(tt.src, env())
			if err != nil {
				t.Fatal(err)
			}
			got, err := tpl.Eval(vars())
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Eval() = %#v, %v, want %#v", got, err, tt.want)
			}
			if tpl.Kind() != tt.kind {
				t.Errorf("Kind() = %v, want %v", tpl.Kind(), tt.kind)
			}
			if tpl.Source() != tt.src {
				t.Errorf("Source() = %q, want %q", tpl.Source(), tt.src)
			}
		})
	}
}

func TestTemplateConstant(t *testing.T) {
	for src, want := range map[string]string{"": "", "plain": "plain", "$${x}": "${x}", "a $ b": "a $ b"} {
		tpl, err := expression.ParseTemplate(src, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := tpl.Constant(); !ok || got != want {
			t.Errorf("Constant() of %q = %q, %v, want %q", src, got, ok, want)
		}
	}
	for _, src := range []string{"${account}", "a${account}", `${"constant"}`} {
		tpl, err := expression.ParseTemplate(src, env())
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := tpl.Constant(); ok {
			t.Errorf("Constant() of %q = %q, want none", src, got)
		}
	}
}

func TestTemplateErrorsHaveTheirPlace(t *testing.T) {
	tests := []struct {
		src       string
		line, col int
		message   string
	}{
		{`Hello ${account`, 1, 6, "no closing }"},
		{`${"}`, 1, 0, "no closing }"},
		{`${{"a": 1}`, 1, 0, "no closing }"},
		{`Hello ${acount}`, 1, 8, `did you mean "account"?`},
		{`Hällo ${ acount }`, 1, 9, `did you mean "account"?`},
		{`${account} and ${acount}`, 1, 17, `did you mean "account"?`},
		{"one\ntwo ${acount}", 2, 6, `did you mean "account"?`},
		{"one\n${vip &&\n  acount}", 3, 2, `did you mean "account"?`},
		{`x ${}`, 1, 2, "is empty"},
		{`x ${  }`, 1, 2, "is empty"},
		{`x ${a // b}`, 1, 6, "comments"},
		{strings.Repeat("a", 70_000), 1, 0, "bytes long"},
		{"${" + strings.Repeat("(", 100) + "}", 1, 18, "nested more than"},
	}
	for _, tt := range tests {
		_, err := expression.ParseTemplate(tt.src, env())
		fault, ok := errors.AsType[*expression.Error](err)
		if !ok || fault.Line != tt.line || fault.Col != tt.col || !strings.Contains(fault.Message, tt.message) {
			t.Errorf("ParseTemplate(%.40q) error = %+v, want %d:%d with %q", tt.src, err, tt.line, tt.col, tt.message)
		}
	}
}

func TestTemplateTextRefusesWhatHasNoText(t *testing.T) {
	tests := []struct{ src, want string }{
		{`Your pin is ${pin}`, `${pin}: there is no value`},
		{`${pin}`, `${pin}: there is no value`},
		{`${options}`, `${options}: a list has no form as text`},
		{`a ${customer}`, `${customer}: a map has no form as text`},
		{`a ${tries / 0}`, `not a finite number`},
	}
	for _, tt := range tests {
		tpl, err := expression.ParseTemplate(tt.src, env())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Text(vars()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Text() of %q = %q, %v, want an error with %q", tt.src, got, err, tt.want)
		}
	}
}

func TestTemplateNames(t *testing.T) {
	tpl, err := expression.ParseTemplate(`${tries} ${has(pin) ? pin : account} ${tries}`, env())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name string
		got  []string
		want string
	}{{"Reads", tpl.Reads(), "account tries"}, {"Uses", tpl.Uses(), "account pin tries"}, {"Has", tpl.Has(), "pin"}} {
		if got := strings.Join(f.got, " "); got != f.want {
			t.Errorf("%s() = %q, want %q", f.name, got, f.want)
		}
	}
}

// The pieces of a template are templates with the same values, put together.
func TestTemplateSplit(t *testing.T) {
	tests := []struct {
		src  string
		want []string // sources
	}{
		{``, nil},
		{`plain`, []string{`plain`}},
		{`${account}`, []string{`${account}`}},
		{`https://a/${account}/b?n=${tries + 1}`, []string{`https://a/`, `${account}`, `/b?n=`, `${tries + 1}`}},
		{`$${x} ${tries}`, []string{`$${x} `, `${tries}`}},
	}
	for _, tt := range tests {
		tpl, err := expression.ParseTemplate(tt.src, env())
		if err != nil {
			t.Fatal(err)
		}
		var sources []string
		text := ""
		for _, piece := range tpl.Split() {
			sources = append(sources, piece.Source())
			s, err := piece.Text(vars())
			if err != nil {
				t.Fatal(err)
			}
			text += s
			again, err := expression.ParseTemplate(piece.Source(), env())
			if err != nil {
				t.Fatalf("piece %q is no template: %v", piece.Source(), err)
			}
			_, constant := piece.Constant()
			if _, want := again.Constant(); constant != want {
				t.Errorf("piece %q: constant %v", piece.Source(), constant)
			}
		}
		if want, err := tpl.Text(vars()); err != nil || text != want || !slices.Equal(sources, tt.want) {
			t.Errorf("Split() of %q = %q, which is %q; want %q, which is %q (%v)", tt.src, sources, text, tt.want, want, err)
		}
	}
}
