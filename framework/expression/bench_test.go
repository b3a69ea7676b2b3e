package expression_test

import (
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func BenchmarkCompile(b *testing.B) {
	e := env()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := expression.Compile(`result.outcome == "failed" && tries < 3`, e, expression.KindBool); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBool(b *testing.B) {
	for name, src := range map[string]string{
		"compare": `account == "12345674" && tries < 3`,
		"field":   `result.outcome == "failed"`,
		"pattern": `account matches "^[0-9]{8}$"`,
		"list":    `any(options, # == "blue")`,
	} {
		b.Run(name, func(b *testing.B) {
			e, err := expression.Compile(src, env(), expression.KindBool)
			if err != nil {
				b.Fatal(err)
			}
			v := vars()
			b.ReportAllocs()
			for b.Loop() {
				if ok, err := e.Bool(v); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkTemplateText(b *testing.B) {
	tpl, err := expression.ParseTemplate(`You have ${tries} tries, ${customer.name}.`, env())
	if err != nil {
		b.Fatal(err)
	}
	v := vars()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tpl.Text(v); err != nil {
			b.Fatal(err)
		}
	}
}
