package expression_test

import (
	"reflect"
	"testing"

	"github.com/ivrflow/ivrflow/framework/expression"
)

func TestMembers(t *testing.T) {
	env := expression.Env{
		"list": {Kind: expression.KindList}, "s": {Kind: expression.KindString}, "n": {Kind: expression.KindNumber},
	}
	is := func(name string, value any, flags ...string) expression.Member {
		return expression.Member{List: "list", Field: "who", Name: name, Value: value, Flags: flags}
	}
	for _, tt := range []struct {
		src  string
		want []expression.Member
		list bool // list is used for nothing else
		s    bool
	}{
		{"any(list, #.who == s)", []expression.Member{is("s", nil)}, true, true},
		{"n > 1 && not any(list, .who == s)", []expression.Member{is("s", nil)}, true, true},
		{`none(list, "a" == #.who || #.who == s)`, []expression.Member{is("", "a"), is("s", nil)}, true, true},
		{`any(list, #.who == "a" and not #.lobby)`, []expression.Member{is("", "a", "lobby")}, true, true},
		{"any(list, #.lobby && #.who == s)", []expression.Member{is("s", nil, "lobby")}, true, true},
		{"any(list, #.who == s) && len(list) > 1", []expression.Member{is("s", nil)}, true, true}, // Compares tells of the length
		{"any(list, #.who == s) && n > len(list)", []expression.Member{is("s", nil)}, false, true},
		{`any(list, #.who == s) && lower(s) == "a"`, []expression.Member{is("s", nil)}, true, false},
		{"any(list, #.who == lower(s))", nil, false, false},
		{"any(list, #.lobby)", nil, false, true},
		{"any(list, #.who != s)", nil, false, false},
		{"count(list, #.who == s) > 1", nil, false, false},
	} {
		e, err := expression.Compile(tt.src, env, expression.KindBool)
		if err != nil {
			t.Errorf("%s: %v", tt.src, err)
			continue
		}
		got, only := e.Members()
		if len(got) != len(tt.want) || len(got) > 0 && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, not %+v", tt.src, got, tt.want)
		}
		if only("list") != tt.list || only("s") != tt.s {
			t.Errorf("%s: nothing but that: list %t, s %t", tt.src, only("list"), only("s"))
		}
		if _, plain := e.Compares("list"); plain && len(tt.want) > 0 {
			t.Errorf("%s: as if the list were only compared", tt.src)
		}
	}
}
