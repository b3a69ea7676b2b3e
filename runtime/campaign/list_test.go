package campaign

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ivrflow/ivrflow/framework/ivr"
)

func options(t *testing.T) ListOptions {
	t.Helper()
	return ListOptions{Flow: loadFlow(t, reminder), MayCall: func(n string) error {
		if strings.HasPrefix(n, "+1900") {
			return errors.New("premium")
		}
		return nil
	}}
}

func TestLists(t *testing.T) {
	o := options(t)
	o.Keep = []string{"Ref"}
	for name, src := range map[string]string{
		"commas":     "number,timezone,language,name,sum,vip,Ref\n+44 20 7183-8750,Europe/London,de-DE,\"Meyer, Anne\",12.5,TRUE,A1\n",
		"semicolons": "\ufeffNumber;Timezone;language;name;sum;vip;Ref\r\n\r\n+442071838750;Europe/London;de-DE;Meyer, Anne;12.5;true;A1\r\n",
		"JSON":       `{"number":"+442071838750","timezone":"Europe/London","language":"de-DE","name":"Meyer, Anne","sum":12.5,"vip":true,"Ref":"A1"}`,
	} {
		rows, problems := ReadList("l", []byte(src), o)
		if len(problems) > 0 || len(rows) != 1 {
			t.Errorf("%s: %v, %v", name, rows, problems)
			continue
		}
		r := rows[0]
		r.Line = 0
		const want = "{0 phone +442071838750 Europe/London de-DE map[name:Meyer, Anne number:+442071838750 sum:12.5 vip:true] [A1]}"
		if got := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprint(r), "{phone", "phone"), "8750}", "8750"); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestProblems(t *testing.T) {
	for name, tt := range map[string]struct{ src, want string }{
		"nothing":         {"", "l:1: the list is empty"},
		"headings alone":  {"number\n", "l:1: the list has no rows"},
		"no number":       {"name\nAnn\n", "l:1: there is no column number"},
		"unknown column":  {"number,nmae\n", `l:1: the flow "reminder" has no parameter "nmae"; did you mean "name"?`},
		"kept":            {"number,ref\n", "to have it in the results, give --keep ref"},
		"twice":           {"number,name,name\n", `l:1: the column "name" is there twice`},
		"no zone":         {"number\n+442071838750\n", "l:2: it has no time zone"},
		"wrong zone":      {"number,timezone\n+442071838750,Europe/Londno\n", `l:2: timezone: no zone "Europe/Londno"; did you mean "Europe/London"?`},
		"wrong language":  {"number,timezone,language\n+442071838750,Europe/London,fr-FR\n", `l:2: language: the flow "reminder" does not speak "fr-FR"`},
		"national number": {"number,timezone\n020 7183 8750,Europe/London\n", "l:2: number 020 7183 8750: the country is missing"},
		"00":              {"number,timezone\n00442071838750,Europe/London\n", "write + in place of 00"},
		"(0)":             {"number,timezone\n+44 (0)20 7183 8750,Europe/London\n", "leave it out"},
		"short":           {"number,timezone\n+44207,Europe/London\n", "no number in E.164"},
		"letters":         {"number,timezone\n+44CALLME,Europe/London\n", "no number in E.164"},
		"refused":         {"number,timezone\n+19005550100,Europe/London\n", "l:2: number +19005550100: premium"},
		"nobody":          {"number,timezone\n,Europe/London\n", "l:2: it names nobody"},
		"user":            {"user,timezone\nann@example.com,Europe/London\n", "no object id"},
		"flow without":    {"user,timezone\n5f0c7c7e-0000-4000-8000-000000000001,Europe/London\n", "has no parameter user"},
		"number twice":    {"number,timezone\n+442071838750,Europe/London\n+44 207 183 8750,Europe/London\n", "l:3: +442071838750 stands in line 2, too"},
		"cells":           {"number,timezone\n+442071838750,Europe/London,x\n", "l:2: it has 3 cells, and the first line names 2 columns"},
		"quote":           {"number,timezone\n\"+442071838750,Europe/London\n", "the rows after it were not read"},
		"number wanted":   {"number,timezone,sum\n+442071838750,Europe/London,many\n", `sum: want a number such as 12.5, not "many"`},
		"bool wanted":     {"number,timezone,vip\n+442071838750,Europe/London,perhaps\n", "vip: want true or false"},
		"no JSON":         {"{\"number\":\"+442071838750\",\"timezone\":\"Europe/London\"}\n{\n", "l:2: this is no object of JSON"},
		"JSON column":     {`{"number":"+442071838750","zone":"Europe/London"}`, `l:1: the flow "reminder" has no parameter "zone"`},
		"JSON value":      {`{"number":"+442071838750","timezone":"Europe/London","sum":"x"}`, "sum: want a number"},
		"JSON type":       {`{"number":"+442071838750","timezone":"Europe/London","name":["x"]}`, `its parameter "name"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := ReadList("l", []byte(tt.src), options(t))
			var all []string
			for _, p := range problems {
				all = append(all, p.String())
			}
			if text := strings.Join(all, "\n"); !strings.Contains(text, tt.want) {
				t.Errorf("problems\n%s\nwant %s", text, tt.want)
			}
		})
	}
}

// All faults are reported, and the rows without are there.
func TestManyProblems(t *testing.T) {
	o := options(t)
	o.Zone = "Europe/London"
	rows, problems := ReadList("l", []byte("number\n1\n+442071838750\n2\n+442071838751\n"), o)
	if len(rows) != 2 || len(problems) != 2 || problems[1].Line != 4 || rows[1].Line != 5 || rows[1].Target != (ivr.Target{Kind: ivr.PartyPhone, ID: bob}) {
		t.Errorf("%v, %v", rows, problems)
	}
}

func FuzzReadList(f *testing.F) {
	f.Add("number,timezone\n+442071838750,Europe/London\n")
	f.Add(`{"number":"+442071838750","timezone":"Europe/London"}`)
	f.Fuzz(func(t *testing.T, src string) {
		o := options(t)
		o.Zone = "Europe/London"
		rows, _ := ReadList("l", []byte(src), o)
		for _, r := range rows {
			if !e164.MatchString(r.Target.ID) || strings.HasPrefix(r.Target.ID, "+1900") || r.Params["number"] != r.Target.ID {
				t.Errorf("%+v", r)
			}
		}
	})
}
