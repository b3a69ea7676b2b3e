package bot

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ivrflow/ivrflow/framework/flow"
	"github.com/ivrflow/ivrflow/framework/ivr"
)

// flowsNamed are flows that do nothing but end.
func flowsNamed(t *testing.T, names ...string) []*flow.Flow {
	t.Helper()
	var flows []*flow.Flow
	for _, name := range names {
		files := fstest.MapFS{"f.ivr.yaml": {Data: []byte("ivr: 1\nflow: " + name + "\nstart: a\nconfig: {of: {type: string}}\nstates: {a: end}\n")}}
		f, list, err := flow.Load(files, "f.ivr.yaml")
		if err != nil || f == nil {
			t.Fatalf("%v\n%s", err, list)
		}
		flows = append(flows, f)
	}
	return flows
}

func newRouted(t *testing.T, c Config, flows ...string) *Bot {
	t.Helper()
	c.AppID, c.Secret, c.PublicURL = "11111111-0000-4000-8000-000000000001", ivr.NewSecret("s"), "https://bot.example.com"
	c.Tenants = []string{"8c4e2a60-1f3b-4d97-b5c8-2e7f9d0a6b13"}
	c.Flows = flowsNamed(t, flows...)
	c.FlowConfig = map[string]map[string]any{}
	for _, name := range flows {
		c.FlowConfig[name] = map[string]any{"of": name}
	}
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The first route that fits decides which flow takes a call, with that flow's
// configuration.
func TestRoutes(t *testing.T) {
	const desk, tenant = "5F0C7C7E-0000-4000-8000-000000000001", "8C4E2A60-1F3B-4D97-B5C8-2E7F9D0A6B13"
	phone := func(n string) ivr.Party { return ivr.Party{Kind: ivr.PartyPhone, ID: n} }
	user := func(id string) ivr.Party { return ivr.Party{Kind: ivr.PartyUser, ID: id} }
	app := func(id string) ivr.Party { return ivr.Party{Kind: ivr.PartyApplication, ID: id} }
	routes := []Route{
		{Called: desk, Caller: "+44*", Flow: "british"},
		{Called: strings.ToLower(desk), Flow: "desk"},
		{Number: "+4420", Caller: "+4477009?????", Flow: "mobile"},
		{Number: "+4420", Flow: "london"},
		{Tenant: tenant, Caller: "", Flow: "tenant"},
	}
	flows := []string{"british", "desk", "mobile", "london", "tenant", "rest"}
	open := newRouted(t, Config{Routes: routes}, flows...)
	closed := newRouted(t, Config{Routes: append(slices.Clone(routes), Route{Flow: "rest"})}, flows...)
	for _, tt := range []struct {
		name string
		call ivr.CallIncoming
		want string // "": no route but the default
	}{
		{"identity and caller", ivr.CallIncoming{Called: app(strings.ToLower(desk)), Caller: phone("+441632960123")}, "british"},
		{"identity in other letters", ivr.CallIncoming{Called: app(desk), Caller: phone("+491632960123")}, "desk"},
		{"identity, caller hidden", ivr.CallIncoming{Called: app(desk)}, "desk"},
		{"number and pattern", ivr.CallIncoming{Called: phone("+442071838750"), Caller: phone("+447700900123")}, "mobile"},
		{"pattern of another length", ivr.CallIncoming{Called: phone("+442071838750"), Caller: phone("+44770090012")}, "london"},
		{"caller is a user", ivr.CallIncoming{Called: phone("+442071838750"), Caller: user(desk)}, "london"},
		{"tenant", ivr.CallIncoming{Called: phone("+441612960123"), Tenant: strings.ToLower(tenant)}, "tenant"},
		{"number of an identity", ivr.CallIncoming{Called: app("+442071838750")}, ""},
		{"nothing fits", ivr.CallIncoming{Called: phone("+441612960123"), Tenant: desk}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := picked(t, open, tt.call); got != tt.want {
				t.Errorf("the flow is %q, want %q", got, tt.want)
			}
			want := tt.want
			if want == "" {
				want = "rest"
			}
			if got := picked(t, closed, tt.call); got != want {
				t.Errorf("with a default the flow is %q, want %q", got, want)
			}
		})
	}
}

// picked is the name of the flow that takes a call.
func picked(t *testing.T, b *Bot, e ivr.CallIncoming) string {
	t.Helper()
	s := b.pick(e)
	if s == nil {
		return ""
	}
	if s.config["of"] != s.flow.Name {
		t.Errorf("the flow %s gets the configuration of %v", s.flow.Name, s.config["of"])
	}
	return s.flow.Name
}

// Without routes the only flow takes all calls; of several none does.
func TestWithoutRoutes(t *testing.T) {
	if got := picked(t, newRouted(t, Config{}, "one"), ivr.CallIncoming{}); got != "one" {
		t.Errorf("the only flow: %q takes the call", got)
	}
	if got := picked(t, newRouted(t, Config{}, "one", "two"), ivr.CallIncoming{}); got != "" {
		t.Errorf("two flows, no route: %q takes the call", got)
	}
}

// A telephone number is called only if a prefix allows it, and never if it
// costs whoever is careless a fortune.
func TestTelephoneTargets(t *testing.T) {
	for _, tt := range []struct {
		phones string
		target string
		want   bool
	}{
		{"", "+442071838750", false},
		{"+4420", "+442071838750", true},
		{"+4420", "+441632960123", false},
		{"+49 +4420", "+442071838750", true},
		{"+", "+442071838750", true},
		{"+", "+97912345678", false},
		{"+", "+870772001234", false},
		{"+882", "+88213000000", false},
		{"+", "+19005550123", false},
		{"+", "+19765550123", false},
		{"+1", "+12125550123", true},
		{"+1", "+12129760123", false},
		{"+", "+442129760123", true},
	} {
		b := newRouted(t, Config{Phones: strings.Fields(tt.phones)}, "one")
		if err := b.mayCall(ivr.Target{Kind: ivr.PartyPhone, ID: tt.target}); (err == nil) != tt.want {
			t.Errorf("phones %q, %s: %v, want allowed %t", tt.phones, tt.target, err, tt.want)
		}
	}
	b := newRouted(t, Config{}, "one")
	if err := b.mayCall(ivr.Target{Kind: ivr.PartyUser, ID: "5f0c7c7e-0000-4000-8000-000000000001"}); err != nil {
		t.Errorf("a user: %v", err)
	}
}

// A route that leads nowhere, or to two places, is refused, as is a region
// without another deployment.
func TestRoutesElsewhereAreChecked(t *testing.T) {
	for want, r := range map[string]Route{
		"needs a flow or an address elsewhere": {Caller: "+44*"},
		"and not both":                         {Flow: "one", Elsewhere: "https://eu.bot.example.com"},
		"has a region":                         {Flow: "one", Region: "emea"},
	} {
		good := newRouted(t, Config{}, "one")
		c := good.made
		c.Routes = []Route{r}
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", r, err, want)
		}
	}
}
